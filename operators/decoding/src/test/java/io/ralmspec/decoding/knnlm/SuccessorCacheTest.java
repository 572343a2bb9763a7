package io.ralmspec.decoding.knnlm;

import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.KnnParameters;
import java.util.List;
import org.junit.jupiter.api.Test;

class SuccessorCacheTest {
    @Test
    void keepsNeighboursAndWhatFollowedThem() {
        assertThat(with(SuccessorCache.EMPTY, 3, 100, 1000, 0, new int[] {50, 7}).positions())
                .as("oldest first: the nearest neighbour's next entry stays longest")
                .containsExactly(7, 10, 9, 8, 50, 53, 52, 51);
    }

    @Test
    void nothingFollowsTheLastEntry() {
        assertThat(with(SuccessorCache.EMPTY, 3, 100, 10, 0, new int[] {9, 8}).positions())
                .containsExactlyInAnyOrder(8, 9);
        int most = Integer.MAX_VALUE;
        assertThat(with(SuccessorCache.EMPTY, 3, 100, most, 0, new int[] {most - 1}).positions())
                .containsExactly(most - 1);
    }

    @Test
    void withoutSuccessorsItKeepsNeighboursOnly() {
        assertThat(with(SuccessorCache.EMPTY, 0, 100, 10, 0, new int[] {4, 2}).positions())
                .containsExactly(2, 4);
    }

    @Test
    void anEntryIsKeptOnceAndGetsNewAgain() {
        SuccessorCache cache = new SuccessorCache(new int[] {1, 2, 3});
        assertThat(with(cache, 1, 100, 10, 0, new int[] {1, 2}).positions())
                .containsExactly(3, 1, 2);
    }

    @Test
    void theOldestGoFirst() {
        SuccessorCache cache = new SuccessorCache(new int[] {1, 2, 3});
        assertThat(with(cache, 0, 4, 100, 0, new int[] {90, 80}).positions())
                .containsExactly(2, 3, 80, 90);
        assertThat(with(cache, 0, 1, 100, 0, new int[] {90, 80}).positions()).containsExactly(90);
        assertThat(with(cache, 5, 1, 100, 0, new int[] {90, 80}).positions()).containsExactly(91);
    }

    @Test
    void theKeyBeforeTheLastTrueTokenIsTheNewestThenThoseBehindIt() {
        SuccessorCache cache =
                with(
                        SuccessorCache.EMPTY,
                        0,
                        100,
                        1000,
                        1,
                        new int[] {10, 11},
                        new int[] {20, 21},
                        new int[] {30, 31});
        assertThat(cache.positions()).containsExactly(11, 10, 31, 30, 21, 20);
    }

    @Test
    void findsNothingNewInAnEmptySearch() {
        SuccessorCache cache = new SuccessorCache(new int[] {1, 2, 3});
        assertThat(with(cache, 10, 3, 100, 0, new int[0])).isNotNull();
        assertThat(with(cache, 10, 3, 100, 0, new int[0]).positions()).containsExactly(1, 2, 3);
    }

    @Test
    void holdsAsManyAsItMay() {
        int[] all = new int[KnnParameters.MAX_NEIGHBOURS];
        for (int i = 0; i < all.length; i++) {
            all[i] = i * 1_000_003 & Integer.MAX_VALUE;
        }
        int most = KnnParameters.MAX_CACHE_ENTRIES;
        SuccessorCache cache = with(SuccessorCache.EMPTY, 256, most, Integer.MAX_VALUE, 0, all);
        assertThat(cache.positions()).hasSize(most).doesNotHaveDuplicates();
    }

    private static SuccessorCache with(
            SuccessorCache cache,
            int successors,
            int capacity,
            int size,
            int closest,
            int[]... found) {
        return cache.with(
                List.of(found),
                closest,
                new KnnParameters(0.25, 1, 8, successors, 8, capacity),
                size);
    }
}
