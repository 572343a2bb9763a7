/** One machine: an embedded Kafka broker and a local Flink cluster with its web UI. */
@NullMarked
package io.ralmspec.job.local;

import org.jspecify.annotations.NullMarked;
