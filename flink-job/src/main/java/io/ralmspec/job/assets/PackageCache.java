package io.ralmspec.job.assets;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Maven artifacts by name, each checked against a pinned checksum: jars that the build copied to a
 * directory, or that lie in {@code DIRECTORY/packages}.
 */
public final class PackageCache {
    private final Path directory;
    private final List<Path> jarDirectories;

    /**
     * @param directory the cache; created when first needed
     * @param jarDirectories where the build copied Maven artifacts to, searched in this order
     */
    public PackageCache(Path directory, List<Path> jarDirectories) {
        this.directory = directory.toAbsolutePath();
        this.jarDirectories = List.copyOf(jarDirectories);
    }

    /** The directory given; prepared assets live in it too. */
    public Path directory() {
        return directory;
    }

    /**
     * The jar of a Maven artifact, from a directory the build filled or from the cache.
     *
     * @throws AssetException if it is in none of them, or damaged
     */
    public Path maven(MavenArtifact wanted) throws IOException {
        Path own = directory.resolve("packages");
        List<Path> places =
                Stream.concat(jarDirectories.stream(), Stream.of(own))
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
}
