package io.ralmspec.knowledge;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DocumentCacheTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 64, 1001})
    void givesTheDocumentAskedForWhateverTheSlots(int slots) {
        Random random = Seeds.random();
        DocumentCache<Integer> cache = new DocumentCache<>(slots, document -> -document);
        for (int i = 0; i < 10_000; i++) {
            int document = random.nextInt(i % 2 == 0 ? 20 : Integer.MAX_VALUE);
            assertThat(cache.get(document)).isEqualTo(-document);
        }
    }

    /** With one slot per document, about 60 of them would be worked out again. */
    @Test
    void keepsAThousandScatteredDocuments() {
        AtomicInteger loads = new AtomicInteger();
        DocumentCache<Integer> cache =
                new DocumentCache<>(
                        16_384,
                        document -> {
                            loads.incrementAndGet();
                            return document;
                        });
        int[] documents = Seeds.random().ints(0, 1_000_000).distinct().limit(1000).toArray();
        for (int document : documents) {
            cache.get(document);
        }
        loads.set(0);
        for (int document : documents) {
            cache.get(document);
        }
        assertThat(loads.get()).isLessThan(30);
    }

    @Test
    void dropsTheOldestOfASet() {
        AtomicInteger loads = new AtomicInteger();
        DocumentCache<Integer> cache =
                new DocumentCache<>(
                        4,
                        document -> {
                            loads.incrementAndGet();
                            return document;
                        });
        for (int document : new int[] {0, 1, 2, 3, 4}) {
            cache.get(document);
        }
        loads.set(0);
        for (int document : new int[] {4, 3, 2, 1}) {
            cache.get(document);
        }
        assertThat(loads.get()).isZero();
        cache.get(0);
        assertThat(loads.get()).isEqualTo(1);
    }
}
