package io.ralmspec.job.assets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PreparedDirectoryTest {
    @TempDir Path temporary;
    private Path target;
    private int built;

    @BeforeEach
    void setUp() {
        target = temporary.resolve("models").resolve("one");
    }

    @Test
    void isMadeOnce() throws IOException {
        prepare("recipe 1");
        prepare("recipe 1");

        assertThat(built).isEqualTo(1);
        assertThat(target.resolve("sub/file.txt")).hasContent("built 1");
        assertThat(target.resolve("SHA256SUMS")).content().startsWith("# recipe 1\n");
    }

    @Test
    void isMadeAnewForAnotherRecipe() throws IOException {
        prepare("recipe 1");
        prepare("recipe 2");

        assertThat(target.resolve("sub/file.txt")).hasContent("built 2");
    }

    @Test
    void isMadeAnewWhenAFileWasDamagedOrLost() throws IOException {
        prepare("recipe");
        Files.writeString(target.resolve("sub/file.txt"), "built X");
        prepare("recipe");
        assertThat(target.resolve("sub/file.txt")).hasContent("built 2");

        Files.delete(target.resolve("sub/file.txt"));
        prepare("recipe");
        assertThat(target.resolve("sub/file.txt")).hasContent("built 3");
        assertThat(siblings()).isEqualTo(1);
    }

    @Test
    void keepsFilesAddedLater() throws IOException {
        prepare("recipe");
        Files.writeString(target.resolve("note.txt"), "mine");
        prepare("recipe");

        assertThat(built).isEqualTo(1);
        assertThat(target.resolve("note.txt")).exists();
    }

    @Test
    void isLeftAloneWhenAnotherProcessWasFaster() throws IOException {
        PreparedDirectory.prepare(
                target,
                "recipe",
                directory -> {
                    prepare("recipe");
                    Files.writeString(directory.resolve("late"), "slower");
                });

        assertThat(target.resolve("sub/file.txt")).hasContent("built 1");
        assertThat(target.resolve("late")).doesNotExist();
        assertThat(siblings()).isEqualTo(1);
    }

    @Test
    void leavesNothingBehindWhenMakingItFails() {
        assertThatThrownBy(
                        () ->
                                PreparedDirectory.prepare(
                                        target,
                                        "recipe",
                                        directory -> {
                                            Files.writeString(directory.resolve("half"), "x");
                                            throw new AssetException("no space left");
                                        }))
                .hasMessage("no space left");

        assertThat(target).doesNotExist();
        assertThat(target.getParent()).isEmptyDirectory();
    }

    private void prepare(String recipe) throws IOException {
        PreparedDirectory.prepare(
                target,
                recipe,
                directory -> {
                    built++;
                    Files.createDirectories(directory.resolve("sub"));
                    Files.writeString(directory.resolve("sub/file.txt"), "built " + built);
                });
    }

    private long siblings() throws IOException {
        try (Stream<Path> files = Files.list(target.getParent())) {
            return files.count();
        }
    }
}
