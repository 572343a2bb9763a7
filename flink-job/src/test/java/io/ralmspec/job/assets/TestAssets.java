package io.ralmspec.job.assets;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/** Real packages for tests: jars the build copied, npm packages from the user's cache directory. */
final class TestAssets {
    private TestAssets() {}

    /** Reads jars of this build and keeps everything else in {@code cache}. */
    static PackageCache packages(Path cache) {
        return new PackageCache(cache, List.of(Path.of(System.getProperty("ralmspec.packages"))));
    }

    /** The prepared stories15M directory; the test is skipped where the package cannot be had. */
    static Path stories() throws IOException {
        try {
            return new StoriesModel().prepare(packages(userCache()), ProgressListener.NONE);
        } catch (AssetException e) {
            Assumptions.abort("Skipped: " + e.getMessage());
            throw e;
        }
    }

    private static Path userCache() {
        String caches = System.getenv("XDG_CACHE_HOME");
        return (caches == null || caches.isBlank()
                        ? Path.of(System.getProperty("user.home"), ".cache")
                        : Path.of(caches))
                .resolve("ralmspec");
    }
}
