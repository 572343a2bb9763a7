package io.ralmspec.knowledge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ralmspec.decoding.Hits;
import io.ralmspec.decoding.Query;
import io.ralmspec.decoding.RetrieverKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExactRetrieverTest extends RetrieverContract {
    @Override
    RetrieverKind kind() {
        return RetrieverKind.EXACT;
    }

    /** The oracle: one document at a time, sorted by a comparator, no block, tile or heap. */
    private static Hits plainLoop(float[][] rows, float[] query, int topN) {
        float[] scores = new float[rows.length];
        for (int document = 0; document < rows.length; document++) {
            for (int d = 0; d < query.length; d++) {
                scores[document] = Math.fma(rows[document][d], query[d], scores[document]);
            }
        }
        List<Integer> order = new ArrayList<>(IntStream.range(0, rows.length).boxed().toList());
        order.sort(
                (a, b) -> {
                    int byScore = Float.compare(scores[b], scores[a]);
                    return byScore != 0 ? byScore : Integer.compare(a, b);
                });
        int size = Math.min(topN, rows.length);
        Hits hits = new Hits(new int[size], new float[size]);
        for (int i = 0; i < size; i++) {
            hits.documents()[i] = order.get(i);
            hits.scores()[i] = scores[order.get(i)];
        }
        return hits;
    }

    /** Few distinct values, so that scores tie and signed zeros occur. */
    private static float[][] vectors(Random random, int count, int dimension) {
        boolean coarse = random.nextBoolean();
        float[][] rows = new float[count][dimension];
        for (float[] row : rows) {
            for (int d = 0; d < dimension; d++) {
                row[d] = coarse ? random.nextInt(3) - 1 : (float) random.nextGaussian();
            }
        }
        return rows;
    }

    private VectorFile file(float[][] rows, int dimension, long maxSegmentBytes)
            throws IOException {
        Path path = Files.createTempFile(directory, "vectors", ".f32");
        try (VectorFileWriter writer = new VectorFileWriter(path, 0, dimension)) {
            writer.append(rows);
        }
        MappedFile mapped =
                MappedFile.open(path, VectorFile.blockBytes(dimension), maxSegmentBytes);
        return VectorFile.of(mapped, rows.length, dimension);
    }

    private static List<ScoreKernel> kernels() {
        return List.of(new PlainKernel(), new VectorKernel());
    }

    @Test
    void findsWhatAPlainLoopFindsToTheBit() throws IOException {
        Random random = Seeds.random();
        for (int round = 0; round < 60; round++) {
            int documents = 1 + random.nextInt(random.nextBoolean() ? 130 : 3000);
            int dimension = 1 + random.nextInt(random.nextBoolean() ? 20 : 200);
            int topN = 1 + random.nextInt(random.nextBoolean() ? 5 : documents + 5);
            int queryCount = 1 + random.nextInt(20);
            float[][] rows = vectors(random, documents, dimension);
            float[][] queries = vectors(random, queryCount, dimension);
            List<Query> batch = new ArrayList<>();
            for (float[] query : queries) {
                batch.add(new Query("", query));
            }
            // Segments of one to four blocks, as a file of many gigabytes has.
            long segment = VectorFile.blockBytes(dimension) * (1 + random.nextInt(4));
            VectorFile vectors = file(rows, dimension, segment);
            int[] all = IntStream.range(0, documents).toArray();
            for (ScoreKernel kernel : kernels()) {
                try (SearchPool pool = new SearchPool(1 + random.nextInt(4), "test")) {
                    ExactRetriever retriever = new ExactRetriever(vectors, pool, kernel);
                    List<Hits> found = retriever.search(batch, topN);
                    for (int q = 0; q < queryCount; q++) {
                        assertSame(found.get(q), plainLoop(rows, queries[q], topN));
                    }
                    Hits everything = plainLoop(rows, queries[0], documents);
                    assertThat(bits(retriever.scores(batch.get(0), everything.documents())))
                            .isEqualTo(bits(everything.scores()));
                    assertThat(retriever.scores(batch.get(0), all)).hasSize(documents);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 4, 16, 17})
    void neverReturnsThePaddingOfTheLastBlock(int queryCount) throws IOException {
        // All scores are negative, so the padding's score of 0 would win.
        float[][] rows = new float[65][8];
        for (float[] row : rows) {
            row[0] = -1;
        }
        float[] query = new float[8];
        query[0] = 1;
        List<Query> batch = Collections.nCopies(queryCount, new Query("", query));
        for (ScoreKernel kernel : kernels()) {
            try (SearchPool pool = new SearchPool(2, "test")) {
                ExactRetriever retriever = new ExactRetriever(file(rows, 8, 1 << 20), pool, kernel);
                for (Hits hits : retriever.search(batch, 100)) {
                    assertThat(hits.documents()).isEqualTo(IntStream.range(0, 65).toArray());
                    assertThat(hits.scores()).containsOnly(-1f);
                }
            }
        }
    }

    @Test
    void refusesQueriesOfAnotherDimensionOrNotFinite() {
        try (FileKnowledgeBase base = index(Corpus.random(Seeds.random(), 3))) {
            float[] broken = new float[52];
            broken[5] = Float.NaN;
            assertThatThrownBy(
                            () ->
                                    base.retriever(kind())
                                            .search(List.of(new Query("", new float[3])), 1))
                    .hasMessage(
                            "`query.vector` must be as long as the index's dimension, 52 (got 3)");
            assertThatThrownBy(
                            () -> base.retriever(kind()).search(List.of(new Query("", broken)), 1))
                    .hasMessage("`query.vector` must be finite (got NaN)");
        }
    }
}
