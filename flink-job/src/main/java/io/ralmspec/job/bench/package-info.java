/** The benchmark: speculation against plain decoding, cell by cell. */
@NullMarked
package io.ralmspec.job.bench;

import org.jspecify.annotations.NullMarked;
