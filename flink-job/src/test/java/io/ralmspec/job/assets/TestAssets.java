package io.ralmspec.job.assets;

import java.nio.file.Path;
import java.util.List;

/** Real packages for tests: jars the build copied. */
final class TestAssets {
    private TestAssets() {}

    /** Reads jars of this build and keeps everything else in {@code cache}. */
    static PackageCache packages(Path cache) {
        return new PackageCache(cache, List.of(Path.of(System.getProperty("ralmspec.packages"))));
    }
}
