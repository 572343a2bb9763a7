/** The job: options, topology, and the glue between Kafka records and the operators. */
@NullMarked
package io.ralmspec.job;

import org.jspecify.annotations.NullMarked;
