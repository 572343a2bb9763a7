package io.ralmspec.knowledge;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class IdSetTest {
    @Test
    void tellsNewIdsFromRepeatedOnes() {
        IdSet ids = new IdSet();
        for (int i = 0; i < 200_000; i++) {
            assertThat(ids.add("id" + i)).isTrue();
        }
        for (int i = 0; i < 200_000; i += 97) {
            assertThat(ids.add("id" + i)).isFalse();
        }
        assertThat(ids.add("")).isTrue();
        assertThat(ids.add("")).isFalse();
    }
}
