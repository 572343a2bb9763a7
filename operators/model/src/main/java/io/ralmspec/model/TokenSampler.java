package io.ralmspec.model;

import io.ralmspec.decoding.Sampling;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Comparator;

/**
 * Chooses a token from scores. The choice depends on the scores, the seed and the position alone;
 * nothing is kept between choices, so a token chosen again after a rollback is the same token.
 */
final class TokenSampler {
    /** exp(-60) is lost in a double beside 1, even times the largest vocabulary. */
    private static final double NEGLIGIBLE = -60;

    private TokenSampler() {}

    /**
     * @param scores one per token of the vocabulary, from index 0 to its limit
     * @param position index of the new token among prompt and generated tokens
     */
    static int choose(FloatBuffer scores, Sampling sampling, int position) {
        int best = greedy(scores);
        return sampling.greedy()
                ? best
                : draw(scores, scores.get(best), sampling, uniform(sampling.seed(), position));
    }

    /** What the model gives the token at temperature 1, in [0, 1]. */
    static double probability(FloatBuffer scores, int token) {
        float highest = scores.get(greedy(scores));
        double total = 0;
        for (int id = 0; id < scores.limit(); id++) {
            total += weight((double) scores.get(id) - highest);
        }
        return weight((double) scores.get(token) - highest) / total;
    }

    /** StrictMath: the same bits on every machine. */
    private static double weight(double scaled) {
        return scaled > NEGLIGIBLE ? StrictMath.exp(scaled) : 0;
    }

    /** The highest score; the lowest id where several have it. */
    static int greedy(FloatBuffer scores) {
        int best = -1;
        float highest = Float.NEGATIVE_INFINITY;
        for (int id = 0; id < scores.limit(); id++) {
            float score = scores.get(id);
            if (score > highest) {
                highest = score;
                best = id;
            }
        }
        if (best < 0) {
            throw new IllegalStateException("no score is a number: the model is broken");
        }
        return best;
    }

    private static int draw(FloatBuffer scores, float highest, Sampling sampling, double uniform) {
        int size = scores.limit();
        double[] weights = new double[size];
        double total = 0;
        for (int id = 0; id < size; id++) {
            weights[id] = weight(((double) scores.get(id) - highest) / sampling.temperature());
            total += weights[id];
        }
        return sampling.topP() < 1
                ? drawNucleus(weights, total, sampling.topP(), uniform)
                : walk(weights, identity(size), total * uniform);
    }

    /** Draws among the fewest tokens, most probable first, that together reach {@code topP}. */
    private static int drawNucleus(double[] weights, double total, double topP, double uniform) {
        // All tokens below this together weigh less than the part that is cut off.
        double floor = total * (1 - topP) / weights.length;
        int[] order =
                Arrays.stream(identity(weights.length))
                        .filter(id -> weights[id] >= floor && weights[id] > 0)
                        .boxed()
                        .sorted(
                                Comparator.comparingDouble((Integer id) -> -weights[id])
                                        .thenComparing(Comparator.naturalOrder()))
                        .mapToInt(Integer::intValue)
                        .toArray();
        double kept = 0;
        int count = 0;
        while (count < order.length && (count == 0 || kept < topP * total)) {
            kept += weights[order[count++]];
        }
        return walk(weights, Arrays.copyOf(order, count), kept * uniform);
    }

    private static int walk(double[] weights, int[] order, double target) {
        double sum = 0;
        int last = order[0];
        for (int id : order) {
            if (weights[id] > 0) {
                sum += weights[id];
                last = id;
                if (sum > target) {
                    return id;
                }
            }
        }
        // Rounding can leave the sum just below the target.
        return last;
    }

    private static int[] identity(int size) {
        int[] ids = new int[size];
        Arrays.setAll(ids, i -> i);
        return ids;
    }

    /** In [0, 1): a hash of seed and position (the finaliser of SplitMix64, applied to each). */
    static double uniform(long seed, int position) {
        long mixed = mix(mix(seed + 0x9E3779B97F4A7C15L) + (position + 1L) * 0x9E3779B97F4A7C15L);
        return (mixed >>> 11) * 0x1.0p-53;
    }

    private static long mix(long value) {
        long z = value;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
