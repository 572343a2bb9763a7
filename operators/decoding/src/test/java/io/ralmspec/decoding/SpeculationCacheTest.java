package io.ralmspec.decoding;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SpeculationCacheTest {
    private static final Query QUERY = new Query("q", new float[0]);

    @Test
    void findsTheBestDocumentAndBreaksTiesByTheSmallerId() {
        SpeculationCache cache = SpeculationCache.EMPTY.with(List.of(hits(7, 3, 5)), 0);
        assertThat(cache.top(QUERY, (query, documents) -> new float[] {1, 1, 1}).document())
                .isEqualTo(3);
        assertThat(cache.top(QUERY, SpeculationCacheTest::byId)).isEqualTo(new Hit(7, 7));
    }

    @Test
    void aDocumentThatSearchWouldNeverReturnIsNoGuess() {
        SpeculationCache cache = SpeculationCache.EMPTY.with(List.of(hits(1, 2)), 0);
        float never = Float.NEGATIVE_INFINITY;
        assertThat(cache.top(QUERY, (query, documents) -> new float[] {never, never}))
                .isEqualTo(Hit.NONE);
        assertThat(SpeculationCache.EMPTY.top(QUERY, SpeculationCacheTest::byId))
                .isEqualTo(Hit.NONE);
    }

    @Test
    void keepsWhatTheNextLookupWillBeClosestToLongest() {
        SpeculationCache cache =
                SpeculationCache.EMPTY.with(List.of(hits(1), hits(2), hits(3), hits(4)), 1);
        assertThat(cache.documents()).containsExactly(1, 4, 3, 2);
    }

    @Test
    void holdsEachDocumentOnceTheNewestLast() {
        SpeculationCache cache =
                SpeculationCache.EMPTY.with(List.of(hits(1, 2, 3)), 0).with(List.of(hits(2, 9)), 0);
        assertThat(cache.documents()).containsExactly(3, 1, 9, 2);
    }

    @Test
    void dropsTheOldestBeyondItsCapacity() {
        SpeculationCache cache = SpeculationCache.EMPTY;
        for (int document = 0; document < SpeculationCache.CAPACITY + 10; document++) {
            cache = cache.with(List.of(hits(document)), 0);
        }
        assertThat(cache.documents())
                .containsExactly(IntStream.range(10, SpeculationCache.CAPACITY + 10).toArray());
        int[] many = IntStream.range(1000, 1000 + 2 * SpeculationCache.CAPACITY).toArray();
        assertThat(cache.with(List.of(hits(many)), 0).documents())
                .hasSize(SpeculationCache.CAPACITY)
                .contains(1000);
    }

    private static Hits hits(int... documents) {
        return new Hits(documents, new float[documents.length]);
    }

    private static float[] byId(Query query, int[] documents) {
        float[] scores = new float[documents.length];
        for (int i = 0; i < scores.length; i++) {
            scores[i] = documents[i];
        }
        return scores;
    }
}
