package io.ralmspec.job.assets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Downloads run a real program: a shell script that behaves as npm does, well or badly. */
class PackageCacheTest {
    private static final byte[] TARBALL = "the tarball".getBytes(StandardCharsets.UTF_8);
    private static final NpmPackage WANTED =
            new NpmPackage("@scope/some.model", "1.2.3", TARBALL.length, Sha256.of(TARBALL));
    private static final String WRITES_IT =
            "printf 'the tarball' > \"$4/scope-some.model-1.2.3.tgz\"";

    @TempDir Path temporary;

    @Test
    void downloadsOnceAndThenServesFromTheCache() throws IOException {
        PackageCache cache = cache(WRITES_IT);

        Path file = cache.npm(WANTED, ProgressListener.NONE);
        Path again = cache.npm(WANTED, ProgressListener.NONE);

        assertThat(file).hasBinaryContent(TARBALL).hasFileName("scope-some.model-1.2.3.tgz");
        assertThat(again).isEqualTo(file);
        assertThat(calls()).containsExactly("pack @scope/some.model@1.2.3 --pack-destination");
        assertThat(packageFiles()).containsExactly("scope-some.model-1.2.3.tgz");
    }

    @Test
    void reportsProgressFromNothingToAll() throws IOException {
        List<Long> done = new ArrayList<>();

        cache("sleep 1.2; " + WRITES_IT)
                .npm(
                        WANTED,
                        (what, bytes, total) -> {
                            assertThat(what).isEqualTo("@scope/some.model@1.2.3: download");
                            assertThat(total).isEqualTo(TARBALL.length);
                            done.add(bytes);
                        });

        assertThat(done).startsWith(0L, 0L).endsWith((long) TARBALL.length).isSorted();
    }

    @Test
    void triesThreeTimes() throws IOException {
        PackageCache cache = cache("test $(wc -l < " + log() + ") -ge 3 || exit 1; " + WRITES_IT);

        assertThat(cache.npm(WANTED, ProgressListener.NONE)).hasBinaryContent(TARBALL);
        assertThat(calls()).hasSize(3);
    }

    @Test
    void saysWhatToDoWhenOffline() throws IOException {
        PackageCache cache =
                cache(
                        "echo 'npm warn old' >&2; echo 'npm error code ENOTFOUND' >&2;"
                                + " echo 'npm error network down' >&2; exit 1");

        assertThatThrownBy(() -> cache.npm(WANTED, ProgressListener.NONE))
                .isInstanceOf(AssetException.class)
                .hasMessage(
                        "could not get npm package @scope/some.model@1.2.3 (npm ended with code 1:"
                            + " code ENOTFOUND; network down): connect to the network once, or put"
                            + " the file at "
                                + packages().resolve("scope-some.model-1.2.3.tgz"));
        assertThat(calls()).hasSize(3);
        assertThat(packageFiles()).isEmpty();
    }

    @Test
    void saysThatNpmIsMissing() {
        PackageCache cache =
                new PackageCache(temporary, List.of(), Optional.empty(), Duration.ZERO);

        assertThatThrownBy(() -> cache.npm(WANTED, ProgressListener.NONE))
                .hasMessageStartingWith(
                        "could not get npm package @scope/some.model@1.2.3 (npm is not installed)");
    }

    @Test
    void neverKeepsADownloadWithAnotherChecksum() throws IOException {
        PackageCache cache = cache("printf 'something else' > \"$4/x.tgz\"");

        assertThatThrownBy(() -> cache.npm(WANTED, ProgressListener.NONE))
                .isInstanceOf(AssetException.class)
                .hasMessageContaining("must have the SHA-256 checksum " + WANTED.sha256())
                .hasMessageContaining("put the file at");
        assertThat(packageFiles()).isEmpty();
    }

    @Test
    void replacesADamagedFileInTheCache() throws IOException {
        Path file = packages().resolve(WANTED.fileName());
        Files.createDirectories(packages());
        Files.writeString(file, "the tarbal");

        assertThat(cache(WRITES_IT).npm(WANTED, ProgressListener.NONE))
                .isEqualTo(file)
                .hasBinaryContent(TARBALL);
    }

    @Test
    void acceptsAFilePutIntoTheCacheByHand() throws IOException {
        Files.createDirectories(packages());
        Files.write(packages().resolve(WANTED.fileName()), TARBALL);
        PackageCache cache =
                new PackageCache(temporary, List.of(), Optional.empty(), Duration.ZERO);

        assertThat(cache.npm(WANTED, ProgressListener.NONE)).hasBinaryContent(TARBALL);
    }

    @Test
    void stopsAnNpmThatHangs() throws IOException {
        NpmClient npm = new NpmClient(script("sleep 60"), Duration.ofMillis(700));
        PackageCache cache =
                new PackageCache(temporary, List.of(), Optional.of(npm), Duration.ZERO);

        assertThatThrownBy(() -> cache.npm(WANTED, ProgressListener.NONE))
                .hasMessageContaining("npm took longer than");
        assertThat(packageFiles()).isEmpty();
    }

    @Test
    void findsNpmOnTheSearchPath() throws IOException {
        Path npm = script("exit 0");
        Map<String, String> environment =
                Map.of("PATH", temporary.resolve("none") + ":" + npm.getParent());

        assertThat(NpmClient.find(environment)).contains(npm);
        assertThat(NpmClient.find(Map.of("PATH", ""))).isEmpty();
        assertThat(NpmClient.find(Map.of())).isEmpty();
    }

    @Test
    void findsAJarWhereTheBuildPutIt() throws IOException {
        Path jars = Files.createDirectories(temporary.resolve("jars"));
        Path jar = Files.write(jars.resolve("artifact-1.0.jar"), TARBALL);
        MavenArtifact artifact = new MavenArtifact("group", "artifact", "1.0", Sha256.of(TARBALL));

        assertThat(new PackageCache(temporary, List.of(jars)).maven(artifact)).isEqualTo(jar);

        Files.writeString(jar, "cut off");
        assertThatThrownBy(() -> new PackageCache(temporary, List.of(jars)).maven(artifact))
                .isInstanceOf(AssetException.class)
                .hasMessageContaining(jar + "` must have the SHA-256 checksum")
                .hasMessageEndingWith("delete it and build again");
    }

    @Test
    void namesEveryPlaceWhereAJarCouldBe() {
        Path jars = temporary.resolve("jars");
        MavenArtifact artifact = new MavenArtifact("group", "artifact", "1.0", Sha256.of(TARBALL));

        assertThatThrownBy(() -> new PackageCache(temporary, List.of(jars)).maven(artifact))
                .isInstanceOf(AssetException.class)
                .hasMessage(
                        "could not find Maven artifact group:artifact:1.0: build once with a"
                                + " network connection, or put the jar at one of "
                                + jars.resolve("artifact-1.0.jar")
                                + ", "
                                + packages().resolve("artifact-1.0.jar"));
    }

    @Test
    void refusesNamesThatAreNotPackages() {
        assertThatThrownBy(() -> new NpmPackage("--option", "1.0.0", 1, WANTED.sha256()))
                .hasMessage("`name` must be a lower-case npm package name (got --option)");
        assertThatThrownBy(() -> new NpmPackage("name", "latest", 1, WANTED.sha256()))
                .hasMessage("`version` must be one exact version (got latest)");
        assertThatThrownBy(() -> new NpmPackage("name", "1.0.0", 1, "e1aa"))
                .hasMessage("`sha256` must be 64 lower-case hexadecimal digits (got e1aa)");
    }

    private PackageCache cache(String npmBody) throws IOException {
        NpmClient npm = new NpmClient(script(npmBody), Duration.ofSeconds(30));
        return new PackageCache(temporary, List.of(), Optional.of(npm), Duration.ZERO);
    }

    private Path script(String body) throws IOException {
        Path directory = Files.createDirectories(temporary.resolve("bin"));
        Path script = directory.resolve("npm");
        Files.writeString(script, "#!/bin/sh\necho \"$1 $2 $3\" >> " + log() + "\n" + body + "\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
        return script;
    }

    private Path log() {
        return temporary.resolve("calls.log");
    }

    private List<String> calls() throws IOException {
        return Files.readAllLines(log());
    }

    private Path packages() {
        return temporary.resolve("packages");
    }

    private List<String> packageFiles() throws IOException {
        try (Stream<Path> files = Files.list(packages())) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }
}
