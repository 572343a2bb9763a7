/**
 * Where the quickstart's encoder, corpus and questions come from: Maven artifacts, fetched by the
 * build, checked against pinned checksums and unpacked into directories the rest of the product
 * opens like any other. Start with {@link io.ralmspec.job.assets.PackageCache}.
 */
@NullMarked
package io.ralmspec.job.assets;

import org.jspecify.annotations.NullMarked;
