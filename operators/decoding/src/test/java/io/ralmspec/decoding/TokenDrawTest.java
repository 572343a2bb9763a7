package io.ralmspec.decoding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class TokenDrawTest {
    @Test
    void theHashIsEvenAndItsValuesNeverChange() {
        double sum = 0;
        for (int position = 0; position < 100_000; position++) {
            double value = TokenDraw.uniform(3, position);
            assertThat(value).isBetween(0.0, 0.9999999999999999);
            sum += value;
        }
        assertThat(sum / 100_000).isCloseTo(0.5, within(0.005));
        // Answers of a release must come out again in the next one.
        assertThat(TokenDraw.uniform(0, 0)).isEqualTo(HASH_0_0);
        assertThat(TokenDraw.uniform(-5, 1000)).isEqualTo(HASH_5_1000);
    }

    private static final double HASH_0_0 = 0.6524484863740322;
    private static final double HASH_5_1000 = 0.7552852342481882;
}
