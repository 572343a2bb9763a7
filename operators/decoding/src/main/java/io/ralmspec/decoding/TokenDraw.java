package io.ralmspec.decoding;

import java.util.Arrays;
import java.util.Comparator;

/**
 * Draws a token by weight. The draw depends on the weights, the seed and the position alone;
 * nothing is kept between draws, so a token drawn again after a rollback is the same token.
 */
public final class TokenDraw {
    /** exp(-60) is lost in a double beside 1, even times the largest vocabulary. */
    private static final double NEGLIGIBLE = -60;

    private TokenDraw() {}

    /** The exponential of a score below the highest, by StrictMath: the same bits everywhere. */
    public static double weight(double scaled) {
        return scaled > NEGLIGIBLE ? StrictMath.exp(scaled) : 0;
    }

    /**
     * @param weights one per token, at least 0, not all 0; the temperature is in them already
     * @param position index of the new token among prompt and generated tokens
     */
    public static int draw(double[] weights, Sampling sampling, int position) {
        double total = 0;
        for (double weight : weights) {
            total += weight;
        }
        double uniform = uniform(sampling.seed(), position);
        return sampling.topP() < 1
                ? drawNucleus(weights, total, sampling.topP(), uniform)
                : walk(weights, identity(weights.length), total * uniform);
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
