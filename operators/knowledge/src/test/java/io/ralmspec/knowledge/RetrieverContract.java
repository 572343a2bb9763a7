package io.ralmspec.knowledge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ralmspec.decoding.Hit;
import io.ralmspec.decoding.Hits;
import io.ralmspec.decoding.Query;
import io.ralmspec.decoding.Retriever;
import io.ralmspec.decoding.RetrieverKind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every retriever promises to the decoder, whatever its way to search. */
abstract class RetrieverContract {
    /** Not a multiple of 8 or 16 lanes. */
    static final HashEncoder ENCODER = new HashEncoder(52);

    private static final KnowledgeOptions OPTIONS = new KnowledgeOptions(3, 64);
    private static final int DOCUMENTS = 1000;

    @TempDir Path directory;

    abstract RetrieverKind kind();

    FileKnowledgeBase index(List<Passage> passages) {
        return Corpus.index(directory, passages, ENCODER, OPTIONS, kind());
    }

    static List<Query> queries(Random random, int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> query(Corpus.words(random, 1 + random.nextInt(20))))
                .toList();
    }

    static Query query(String text) {
        return new Query(text, ENCODER.encode(text));
    }

    static void assertSame(Hits actual, Hits expected) {
        assertThat(actual.documents()).isEqualTo(expected.documents());
        assertThat(bits(actual.scores())).isEqualTo(bits(expected.scores()));
    }

    static int[] bits(float[] scores) {
        return IntStream.range(0, scores.length)
                .map(i -> Float.floatToRawIntBits(scores[i]))
                .toArray();
    }

    /** All documents that match at all, scored one by one and sorted: what search must find. */
    static Hits byScoringAll(Retriever retriever, Query query, int documents, int topN) {
        float[] scores = retriever.scores(query, IntStream.range(0, documents).toArray());
        List<Hit> sorted =
                IntStream.range(0, documents)
                        .filter(document -> scores[document] != Float.NEGATIVE_INFINITY)
                        .mapToObj(document -> new Hit(document, scores[document]))
                        .sorted()
                        .limit(topN)
                        .toList();
        float[] best = new float[sorted.size()];
        for (int i = 0; i < best.length; i++) {
            best[i] = sorted.get(i).score();
        }
        return new Hits(sorted.stream().mapToInt(Hit::document).toArray(), best);
    }

    @Test
    void ordersHitsByScoreAndThenByDocument() {
        Random random = Seeds.random();
        try (FileKnowledgeBase base = index(Corpus.random(random, DOCUMENTS))) {
            for (Hits hits : base.retriever(kind()).search(queries(random, 30), 50)) {
                List<Hit> list = new ArrayList<>();
                for (int i = 0; i < hits.size(); i++) {
                    list.add(new Hit(hits.documents()[i], hits.scores()[i]));
                }
                assertThat(list).isSorted().doesNotHaveDuplicates();
            }
        }
    }

    @Test
    void givesEqualDocumentsEqualScoresInOrderOfTheirNumbers() {
        Random random = Seeds.random();
        List<Passage> passages = new ArrayList<>(Corpus.random(random, 40));
        for (int i = 0; i < 12; i++) {
            passages.add(3 * i, new Passage("copy" + i, "", "zebra quagga okapi"));
        }
        try (FileKnowledgeBase base = index(passages)) {
            Hits hits =
                    base.retriever(kind()).search(List.of(query("zebra quagga okapi")), 12).get(0);
            assertThat(hits.documents())
                    .isEqualTo(IntStream.range(0, 12).map(i -> 3 * i).toArray());
            assertThat(Arrays.stream(bits(hits.scores())).distinct().count()).isEqualTo(1);
        }
    }

    @Test
    void givesTheSameHitsInEveryBatch() {
        Random random = Seeds.random();
        try (FileKnowledgeBase base = index(Corpus.random(random, DOCUMENTS))) {
            Retriever retriever = base.retriever(kind());
            List<Query> queries = queries(random, 40);
            List<Hits> alone =
                    queries.stream()
                            .map(query -> retriever.search(List.of(query), 20).get(0))
                            .toList();
            for (int size = 1; size <= 19; size++) {
                int from = random.nextInt(queries.size() - size + 1);
                List<Hits> batch = retriever.search(queries.subList(from, from + size), 20);
                assertThat(batch).hasSize(size);
                for (int i = 0; i < size; i++) {
                    assertSame(batch.get(i), alone.get(from + i));
                }
            }
        }
    }

    @Test
    void findsTheSameFirstHitsForEveryTopN() {
        Random random = Seeds.random();
        try (FileKnowledgeBase base = index(Corpus.random(random, DOCUMENTS))) {
            Retriever retriever = base.retriever(kind());
            for (Query query : queries(random, 10)) {
                Hits all = retriever.search(List.of(query), 64).get(0);
                for (int topN : new int[] {1, 2, 3, 7, 20, 63}) {
                    int size = Math.min(topN, all.size());
                    Hits first =
                            new Hits(
                                    Arrays.copyOf(all.documents(), size),
                                    Arrays.copyOf(all.scores(), size));
                    assertSame(retriever.search(List.of(query), topN).get(0), first);
                }
            }
        }
    }

    @Test
    void scoresDocumentsToTheBitAsSearchDoes() {
        Random random = Seeds.random();
        try (FileKnowledgeBase base = index(Corpus.random(random, DOCUMENTS))) {
            Retriever retriever = base.retriever(kind());
            for (Query query : queries(random, 40)) {
                Hits hits = retriever.search(List.of(query), 64).get(0);
                assertThat(bits(retriever.scores(query, hits.documents())))
                        .isEqualTo(bits(hits.scores()));
                int[] backwards =
                        IntStream.range(0, hits.size())
                                .map(i -> hits.documents()[hits.size() - 1 - i])
                                .toArray();
                float[] scores = retriever.scores(query, backwards);
                for (int i = 0; i < scores.length; i++) {
                    assertThat(scores[i]).isEqualTo(hits.scores()[hits.size() - 1 - i]);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 15, 63, 64})
    void findsAllThatMatchesWhereTopNExceedsTheDocuments(int documents) {
        Random random = Seeds.random();
        try (FileKnowledgeBase base = index(Corpus.random(random, documents))) {
            Retriever retriever = base.retriever(kind());
            for (Query query : queries(random, 5)) {
                assertSame(
                        retriever.search(List.of(query), 64).get(0),
                        byScoringAll(retriever, query, documents, documents));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {65, 127, 128, 130, 321})
    void findsTheBestDocumentWhateverTheirNumber(int documents) {
        Random random = Seeds.random();
        List<Passage> passages = Corpus.random(random, documents);
        try (FileKnowledgeBase base = index(passages)) {
            Retriever retriever = base.retriever(kind());
            for (int document : new int[] {0, documents / 2, documents - 1}) {
                Query query = query(passages.get(document).indexedText());
                assertSame(
                        retriever.search(List.of(query), 3).get(0),
                        byScoringAll(retriever, query, documents, 3));
            }
        }
    }

    @Test
    void givesTheSameHitsWithAnyNumberOfThreadsAndCallers() {
        Random random = Seeds.random();
        List<Query> queries = queries(random, 9);
        try (FileKnowledgeBase base = index(Corpus.random(random, DOCUMENTS))) {
            Retriever retriever = base.retriever(kind());
            List<Hits> expected = retriever.search(queries, 10);
            IntStream.range(0, 50)
                    .parallel()
                    .forEach(
                            call -> {
                                List<Hits> hits = retriever.search(queries, 10);
                                for (int i = 0; i < hits.size(); i++) {
                                    assertSame(hits.get(i), expected.get(i));
                                }
                            });
        }
    }

    @Test
    void answersAnEmptyBatchWithNothing() {
        try (FileKnowledgeBase base = index(Corpus.random(Seeds.random(), 3))) {
            Retriever retriever = base.retriever(kind());
            assertThat(retriever.search(List.of(), 1)).isEmpty();
            assertThat(retriever.scores(query("w1"), new int[0])).isEmpty();
        }
    }

    @Test
    void refusesBadArguments() {
        try (FileKnowledgeBase base = index(Corpus.random(Seeds.random(), 3))) {
            Retriever retriever = base.retriever(kind());
            assertThatThrownBy(() -> retriever.search(List.of(query("w1")), 0))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("`top_n` must be >= 1 (got 0)");
            assertThatThrownBy(() -> retriever.scores(query("w1"), new int[] {3}))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("`document` must be in [0, 3) (got 3)");
        }
    }
}
