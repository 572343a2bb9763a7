/** The whole system on real input, in one command. */
@NullMarked
package io.ralmspec.job.quickstart;

import org.jspecify.annotations.NullMarked;
