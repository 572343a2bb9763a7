/** A client of the job: asks through Kafka, and compares the modes of decoding. */
@NullMarked
package io.ralmspec.job.client;

import org.jspecify.annotations.NullMarked;
