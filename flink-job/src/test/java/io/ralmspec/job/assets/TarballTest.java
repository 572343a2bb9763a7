package io.ralmspec.job.assets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TarballTest {
    private static final String FIRST = "a".repeat(513);
    private static final String SECOND = "b".repeat(1024);

    @TempDir Path temporary;

    @Test
    void readsExactlyTheFileAskedFor() throws IOException {
        Path archive = archive(Integer.MAX_VALUE);

        assertThat(read(archive, "package/first")).isEqualTo(FIRST);
        assertThat(read(archive, "package/second")).isEqualTo(SECOND);
    }

    @Test
    void saysWhichFileIsMissing() throws IOException {
        Path archive = archive(Integer.MAX_VALUE);

        assertThatThrownBy(() -> read(archive, "package/third"))
                .isInstanceOf(AssetException.class)
                .hasMessage("`a.tgz` must hold package/third (got an archive without it)");
    }

    @Test
    void refusesAnArchiveThatEndsTooEarly() throws IOException {
        Path archive = archive(512 + 1024 + 512 + 100);

        assertThatThrownBy(() -> read(archive, "package/second"))
                .isInstanceOf(AssetException.class)
                .hasMessage("`a.tgz` ends too early");
    }

    @Test
    void refusesWhatIsNoTarArchive() throws IOException {
        Path archive = temporary.resolve("a.tgz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(archive))) {
            out.write("x".repeat(1024).getBytes(StandardCharsets.UTF_8));
        }

        assertThatThrownBy(() -> read(archive, "package/first"))
                .isInstanceOf(AssetException.class)
                .hasMessageStartingWith("`a.tgz` must be a tar archive");
    }

    private static String read(Path archive, String name) throws IOException {
        AtomicReference<String> text = new AtomicReference<>("");
        Tarball.read(
                archive,
                name,
                (in, bytes) -> {
                    text.set(new String(in.readAllBytes(), StandardCharsets.UTF_8));
                    assertThat(text.get()).hasSize((int) bytes);
                });
        return text.get();
    }

    private Path archive(int limit) throws IOException {
        ByteArrayOutputStream tar = new ByteArrayOutputStream();
        append(tar, "package/first", FIRST);
        append(tar, "package/second", SECOND);
        tar.write(new byte[1024]);
        byte[] bytes = tar.toByteArray();
        Path archive = temporary.resolve("a.tgz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(archive))) {
            out.write(bytes, 0, Math.min(limit, bytes.length));
        }
        return archive;
    }

    private static void append(ByteArrayOutputStream tar, String name, String content)
            throws IOException {
        byte[] header = new byte[512];
        byte[] nameBytes = name.getBytes(StandardCharsets.UTF_8);
        System.arraycopy(nameBytes, 0, header, 0, nameBytes.length);
        byte[] size = "%011o".formatted(content.length()).getBytes(StandardCharsets.UTF_8);
        System.arraycopy(size, 0, header, 124, size.length);
        tar.write(header);
        byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
        tar.write(Arrays.copyOf(bytes, (bytes.length + 511) / 512 * 512));
    }
}
