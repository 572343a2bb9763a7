package io.ralmspec.model;

import java.nio.FloatBuffer;

/** Scores to natural logarithms of probabilities. */
final class LogProbabilities {
    private LogProbabilities() {}

    /**
     * What the model gives each token at temperature 1. In double, in the order of the tokens, by
     * StrictMath: the same bits for the same scores, on every machine.
     *
     * @param scores one per token of the vocabulary, from index 0 to its limit
     */
    static float[] of(FloatBuffer scores) {
        double highest = scores.get(TokenSampler.greedy(scores));
        double total = 0;
        for (int id = 0; id < scores.limit(); id++) {
            total += StrictMath.exp(scores.get(id) - highest);
        }
        double logTotal = StrictMath.log(total);
        float[] result = new float[scores.limit()];
        for (int id = 0; id < result.length; id++) {
            result[id] = (float) (scores.get(id) - highest - logTotal);
        }
        return result;
    }
}
