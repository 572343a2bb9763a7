package io.ralmspec.knowledge;

import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.Hit;
import io.ralmspec.decoding.Hits;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TopHitsTest {
    private static final float[] SCORES = {
        -0.0f,
        0.0f,
        1,
        -1,
        Float.MIN_VALUE,
        -Float.MIN_VALUE,
        Float.MAX_VALUE,
        -Float.MAX_VALUE,
        0.5f
    };

    @Test
    void keepsWhatSortingHitsKeepsInWhateverOrderTheyCome() {
        Random random = Seeds.random();
        for (int round = 0; round < 300; round++) {
            List<Hit> hits = new ArrayList<>();
            for (int document = random.nextInt(60); document >= 0; document--) {
                hits.add(new Hit(document, SCORES[random.nextInt(SCORES.length)]));
            }
            Collections.shuffle(hits, random);
            int capacity = 1 + random.nextInt(20);
            TopHits first = new TopHits(capacity);
            TopHits second = new TopHits(capacity);
            hits.forEach(
                    hit ->
                            (random.nextBoolean() ? first : second)
                                    .offer(hit.document(), hit.score()));
            first.merge(second);
            Hits kept = first.toHits();
            List<Hit> expected = hits.stream().sorted().limit(capacity).toList();
            assertThat(kept.size()).isEqualTo(expected.size());
            for (int i = 0; i < kept.size(); i++) {
                assertThat(new Hit(kept.documents()[i], kept.scores()[i]))
                        .isEqualTo(expected.get(i));
            }
        }
    }
}
