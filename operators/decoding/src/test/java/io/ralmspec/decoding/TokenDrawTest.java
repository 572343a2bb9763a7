package io.ralmspec.decoding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
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

    /** Against the same by sorting tokens and walking them; many weights are equal. */
    @Test
    void drawsFromTheNucleusAsIfTokensWereSorted() {
        Random random = new Random(3);
        int inNucleus = 0;
        for (int i = 0; i < 20_000; i++) {
            double[] weights = new double[1 + random.nextInt(40)];
            boolean equal = random.nextInt(3) > 0;
            for (int id = 0; id < weights.length; id++) {
                weights[id] = equal ? random.nextInt(4) / 3.0 : random.nextDouble();
            }
            weights[random.nextInt(weights.length)] = 1;
            double topP = random.nextInt(10) == 0 ? 1e-17 : random.nextDouble();
            Sampling sampling = new Sampling(1, Math.max(topP, 1e-17), random.nextLong());
            int drawn = TokenDraw.draw(weights, sampling, i);
            assertThat(drawn).isEqualTo(drawSorted(weights, sampling, i));
            inNucleus += weights[drawn] == 1 ? 0 : 1;
        }
        assertThat(inNucleus).as("draws of another than the most probable").isPositive();
    }

    private static int drawSorted(double[] weights, Sampling sampling, int position) {
        List<Integer> order =
                IntStream.range(0, weights.length)
                        .filter(id -> weights[id] > 0)
                        .boxed()
                        .sorted(Comparator.comparingDouble(id -> -weights[id]))
                        .toList();
        double total = DoubleStream.of(weights).reduce(0, Double::sum);
        double kept = 0;
        int count = 0;
        while (count < order.size() && (count == 0 || kept < sampling.topP() * total)) {
            kept += weights[order.get(count++)];
        }
        double target = kept * TokenDraw.uniform(sampling.seed(), position);
        double sum = 0;
        for (int id : order.subList(0, count)) {
            sum += weights[id];
            if (sum > target) {
                return id;
            }
        }
        return order.get(count - 1);
    }

    private static final double HASH_0_0 = 0.6524484863740322;
    private static final double HASH_5_1000 = 0.7552852342481882;
}
