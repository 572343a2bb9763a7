package io.ralmspec.knowledge;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MappedFileTest {
    @TempDir Path directory;

    @Test
    void readsAcrossSegments() throws IOException {
        Random random = Seeds.random();
        byte[] content = new byte[1000];
        random.nextBytes(content);
        Path path = Files.write(directory.resolve("file"), content);
        MappedFile file = MappedFile.open(path, 8, 100);
        assertThat(file.segmentCount()).isEqualTo(11);
        assertThat(file.segmentBytes()).isEqualTo(96);
        for (int round = 0; round < 500; round++) {
            int from = random.nextInt(content.length);
            int length = random.nextInt(content.length - from + 1);
            assertThat(file.read(from, length))
                    .isEqualTo(Arrays.copyOfRange(content, from, from + length));
        }
    }
}
