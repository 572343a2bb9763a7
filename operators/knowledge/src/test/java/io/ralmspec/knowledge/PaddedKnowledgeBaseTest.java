package io.ralmspec.knowledge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ralmspec.decoding.Hits;
import io.ralmspec.decoding.Query;
import io.ralmspec.decoding.Retriever;
import io.ralmspec.decoding.RetrieverKind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PaddedKnowledgeBaseTest {
    private static final int DIMENSION = 16;

    @TempDir Path directory;

    private FileKnowledgeBase index(RetrieverKind... kinds) {
        return Corpus.index(
                directory,
                Corpus.random(Seeds.random(), 200),
                new HashEncoder(DIMENSION),
                KnowledgeOptions.defaults(),
                kinds);
    }

    private static List<Query> queries(int count) {
        Random random = Seeds.random();
        List<Query> queries = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            float[] vector = new float[DIMENSION];
            for (int d = 0; d < DIMENSION; d++) {
                // Far from the documents, so that random vectors would win if they could.
                vector[d] = (float) random.nextGaussian();
            }
            queries.add(new Query("w" + i, vector));
        }
        return queries;
    }

    @Test
    void findsWhatTheKnowledgeBaseWithinFinds() {
        try (FileKnowledgeBase within = index(RetrieverKind.values());
                PaddedKnowledgeBase padded =
                        PaddedKnowledgeBase.of(within, DIMENSION, 100_000, 2)) {
            assertThat(padded.fingerprint()).isEqualTo(within.fingerprint());
            for (RetrieverKind kind : RetrieverKind.values()) {
                List<Query> queries = queries(7);
                List<Hits> expected = within.retriever(kind).search(queries, 20);
                List<Hits> found = padded.retriever(kind).search(queries, 20);
                for (int i = 0; i < 7; i++) {
                    assertThat(found.get(i).documents()).isEqualTo(expected.get(i).documents());
                    assertThat(found.get(i).scores()).isEqualTo(expected.get(i).scores());
                }
                int[] documents = {3, 1, 4};
                assertThat(padded.retriever(kind).scores(queries.getFirst(), documents))
                        .isEqualTo(within.retriever(kind).scores(queries.getFirst(), documents));
            }
            assertThat(padded.size()).isEqualTo(200);
            assertThat(padded.id(7)).isEqualTo(within.id(7));
            assertThat(padded.text(7)).isEqualTo(within.text(7));
        }
    }

    @Test
    void scansAsManyVectorsAsItWasTold() {
        try (FileKnowledgeBase within = index(RetrieverKind.EXACT)) {
            long vectors = 2L * PaddedKnowledgeBase.MAX_ROWS + 100;
            PaddedKnowledgeBase padded = PaddedKnowledgeBase.of(within, DIMENSION, vectors, 1);
            PaddedKnowledgeBase.Padded exact =
                    (PaddedKnowledgeBase.Padded) padded.retriever(RetrieverKind.EXACT);
            assertThat(exact.passes()).hasSize(3);
            List<Query> query = queries(1);
            Hits rest = exact.passes().get(2).search(query, 1000).getFirst();
            assertThat(rest.size()).isEqualTo(100);
            // The best thousand of a million are from everywhere.
            Hits whole = exact.passes().get(0).search(query, 1000).getFirst();
            assertThat(Arrays.stream(whole.documents()).max().orElseThrow())
                    .isGreaterThan(PaddedKnowledgeBase.MAX_ROWS / 2);
            padded.close();
        }
    }

    @Test
    void everyBatchIsOnePassForAllItsQueries() {
        List<String> calls = new ArrayList<>();
        Retriever real = new Recording("real", calls);
        Retriever pass = new Recording("pass", calls);
        new PaddedKnowledgeBase.Padded(real, List.of(pass, pass)).search(queries(5), 20);
        assertThat(calls).containsExactly("real 5 20", "pass 5 20", "pass 5 20");
    }

    private record Recording(String name, List<String> calls) implements Retriever {
        @Override
        public RetrieverKind kind() {
            return RetrieverKind.EXACT;
        }

        @Override
        public List<Hits> search(List<Query> queries, int topN) {
            calls.add("%s %d %d".formatted(name, queries.size(), topN));
            return queries.stream().map(query -> Hits.EMPTY).toList();
        }

        @Override
        public float[] scores(Query query, int[] documents) {
            return new float[documents.length];
        }
    }

    @Test
    void refusesNothingToScan() {
        try (FileKnowledgeBase within = index(RetrieverKind.EXACT)) {
            assertThatThrownBy(() -> PaddedKnowledgeBase.of(within, DIMENSION, 0, 1))
                    .hasMessage("`pad_vectors` must be in [1, 10000000000] (got 0)");
        }
    }
}
