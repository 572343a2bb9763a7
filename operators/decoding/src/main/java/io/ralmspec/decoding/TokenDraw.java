package io.ralmspec.decoding;

import java.util.Arrays;

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
                : walk(weights, total * uniform);
    }

    /**
     * Draws among the fewest tokens, most probable first and of equal ones the smallest first, that
     * together reach {@code topP}. Only weights are sorted; the token is looked up by its own.
     */
    private static int drawNucleus(double[] weights, double total, double topP, double uniform) {
        // All tokens below this together weigh less than half of the part that is cut off.
        double floor = total * (1 - topP) / weights.length / 2;
        double[] ascending = Arrays.stream(weights).filter(w -> w > 0 && w >= floor).toArray();
        Arrays.sort(ascending);
        int least = ascending.length;
        double kept = 0;
        while (least > 0 && (least == ascending.length || kept < topP * total)) {
            kept += ascending[--least];
        }
        int drawn = ascending.length;
        double sum = 0;
        do {
            sum += ascending[--drawn];
            // Rounding can leave the sum of all just below the target.
        } while (sum <= kept * uniform && drawn > least);
        int equalsBefore = 0;
        while (drawn + equalsBefore + 1 < ascending.length
                && ascending[drawn + equalsBefore + 1] == ascending[drawn]) {
            equalsBefore++;
        }
        return tokenOf(ascending[drawn], equalsBefore, weights);
    }

    private static int tokenOf(double weight, int equalsBefore, double[] weights) {
        int left = equalsBefore;
        for (int id = 0; id < weights.length; id++) {
            if (weights[id] == weight && left-- == 0) {
                return id;
            }
        }
        throw new IllegalStateException("a weight that was drawn must be a token's");
    }

    private static int walk(double[] weights, double target) {
        double sum = 0;
        int last = 0;
        for (int id = 0; id < weights.length; id++) {
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
