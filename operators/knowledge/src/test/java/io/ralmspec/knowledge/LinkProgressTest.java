package io.ralmspec.knowledge;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LinkProgressTest {
    private static final int VECTORS = 20_500;
    private static final int DIMENSION = 4;

    @TempDir Path directory;

    /** Fails when an upgrade of Lucene changes the messages that progress is read from. */
    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void aBuildTellsHowManyVectorsAreLinked(int threads) throws IOException {
        Random random = Seeds.random();
        Path file = directory.resolve("vectors");
        try (VectorFileWriter writer = new VectorFileWriter(file, 0, DIMENSION)) {
            float[][] rows = new float[VECTORS][DIMENSION];
            for (float[] row : rows) {
                for (int i = 0; i < DIMENSION; i++) {
                    row[i] = random.nextFloat();
                }
            }
            writer.append(rows);
        }
        List<Long> linked = Collections.synchronizedList(new ArrayList<>());
        HnswIndexWriter.write(
                directory.resolve("hnsw"),
                VectorFile.open(file, VECTORS, DIMENSION),
                VectorSimilarityFunction.EUCLIDEAN,
                threads,
                (phase, done, total) -> {
                    assertThat(total).isEqualTo(VECTORS);
                    if (phase == BuildPhase.LINK) {
                        linked.add(done);
                    }
                });

        assertThat(linked).isSorted().startsWith(0L).endsWith((long) VECTORS);
        assertThat(linked).anyMatch(done -> done >= 2048 && done <= 10_240);
    }

    @Test
    void otherMessagesAndTooLargeNumbersDoNotMisleadIt() {
        List<Integer> told = new ArrayList<>();
        LinkProgress progress = new LinkProgress(100, told::add);
        assertThat(progress.isEnabled("HNSW")).isTrue();
        assertThat(progress.isEnabled("IW")).isFalse();
        progress.message("HNSW", "build graph from merging 2 graphs of 100 vectors");
        assertThat(told).isEmpty();
        progress.message("HNSW", "addVectors [0 60): 60 vectors in 1.20 ms");
        progress.message("HNSW", "built 50 in 1.00 ms");
        progress.message("HNSW", "addVectors [60 120): 60 vectors in 1.20 ms");
        progress.message("HNSW", "addVectors [0 100): 100 vectors in 2.40 ms");
        assertThat(told).containsExactly(60, 100);
    }
}
