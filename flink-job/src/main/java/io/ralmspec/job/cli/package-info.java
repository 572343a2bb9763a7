/** The command line: index, serve, ask, compare. */
@NullMarked
package io.ralmspec.job.cli;

import org.jspecify.annotations.NullMarked;
