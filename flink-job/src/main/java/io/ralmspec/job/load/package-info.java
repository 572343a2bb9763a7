/** The open-loop load generator: what a running job does at a given rate of requests. */
@NullMarked
package io.ralmspec.job.load;

import org.jspecify.annotations.NullMarked;
