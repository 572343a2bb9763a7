package io.ralmspec.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.ralmspec.decoding.Sampling;
import java.nio.FloatBuffer;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TokenSamplerTest {
    private static final FloatBuffer THREE =
            FloatBuffer.wrap(
                    new float[] {
                        (float) Math.log(0.2), (float) Math.log(0.5), (float) Math.log(0.3)
                    });

    @Test
    void greedyTakesTheHighestScoreAndTheLowestIdOfEqualOnes() {
        assertThat(TokenSampler.greedy(FloatBuffer.wrap(new float[] {1, 7, 3, 7}))).isEqualTo(1);
        assertThat(TokenSampler.greedy(FloatBuffer.wrap(new float[] {Float.NaN, -3}))).isEqualTo(1);
        assertThat(TokenSampler.choose(THREE, Sampling.GREEDY, 9)).isEqualTo(1);
        assertThatThrownBy(() -> TokenSampler.greedy(FloatBuffer.wrap(new float[] {Float.NaN})))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void drawsEachTokenAsOftenAsItsProbabilitySays() {
        int[] counts = counts(THREE, 1, 1);
        assertThat(counts[0] / 20_000.0).isCloseTo(0.2, within(0.015));
        assertThat(counts[1] / 20_000.0).isCloseTo(0.5, within(0.015));
        assertThat(counts[2] / 20_000.0).isCloseTo(0.3, within(0.015));
    }

    @Test
    void temperatureFlattensOrSharpens() {
        // Probabilities to the power of 1 / temperature: 0.04, 0.25, 0.09 of 0.38.
        int[] sharp = counts(THREE, 0.5, 1);
        assertThat(sharp[1] / 20_000.0).isCloseTo(0.25 / 0.38, within(0.015));
        int[] flat = counts(THREE, 2, 1);
        assertThat(flat[0]).isGreaterThan(counts(THREE, 1, 1)[0]);
    }

    @Test
    void topPKeepsTheFewestTokensThatReachIt() {
        assertThat(counts(THREE, 1, 0.5)).containsExactly(0, 20_000, 0);
        int[] two = counts(THREE, 1, 0.75);
        assertThat(two[0]).isZero();
        assertThat(two[2] / 20_000.0).isCloseTo(0.3 / 0.8, within(0.015));
        assertThat(counts(THREE, 1, 0.85)[0]).isPositive();
    }

    @Test
    void equalTokensAtTheEdgeOfTopPAreTakenByLowestId() {
        FloatBuffer equal = FloatBuffer.wrap(new float[] {1, 1, 1, 1});
        int[] counts = counts(equal, 1, 0.5);
        assertThat(counts[2]).isZero();
        assertThat(counts[3]).isZero();
        assertThat(counts[1]).isPositive();
    }

    @Test
    void aDrawDependsOnSeedAndPositionOnly() {
        Random random = new Random(1);
        float[] scores = new float[5000];
        for (int i = 0; i < scores.length; i++) {
            scores[i] = (float) random.nextGaussian() * 3;
        }
        FloatBuffer row = FloatBuffer.wrap(scores);
        Set<Integer> byPosition = new HashSet<>();
        for (int position = 0; position < 50; position++) {
            Sampling sampling = new Sampling(0.8, 0.9, 17);
            int token = TokenSampler.choose(row, sampling, position);
            TokenSampler.choose(row, sampling, position + 7);
            assertThat(TokenSampler.choose(row, sampling, position)).isEqualTo(token);
            byPosition.add(token);
        }
        assertThat(byPosition).hasSizeGreaterThan(10);
    }

    private static int[] counts(FloatBuffer scores, double temperature, double topP) {
        int[] counts = new int[scores.limit()];
        for (int position = 0; position < 20_000; position++) {
            counts[TokenSampler.choose(scores, new Sampling(temperature, topP, 11), position)]++;
        }
        return counts;
    }
}
