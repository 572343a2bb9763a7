package io.ralmspec.model;

import io.ralmspec.decoding.Sampling;
import io.ralmspec.decoding.TokenDraw;
import java.nio.FloatBuffer;

/** Chooses a token from scores: the highest, or one that {@link TokenDraw} draws. */
final class TokenSampler {
    private TokenSampler() {}

    /**
     * @param scores one per token of the vocabulary, from index 0 to its limit
     * @param position index of the new token among prompt and generated tokens
     */
    static int choose(FloatBuffer scores, Sampling sampling, int position) {
        int best = greedy(scores);
        return sampling.greedy() ? best : draw(scores, scores.get(best), sampling, position);
    }

    /** What the model gives the token at temperature 1, in [0, 1]. */
    static double probability(FloatBuffer scores, int token) {
        float highest = scores.get(greedy(scores));
        double total = 0;
        for (int id = 0; id < scores.limit(); id++) {
            total += TokenDraw.weight((double) scores.get(id) - highest);
        }
        return TokenDraw.weight((double) scores.get(token) - highest) / total;
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

    private static int draw(FloatBuffer scores, float highest, Sampling sampling, int position) {
        double[] weights = new double[scores.limit()];
        for (int id = 0; id < weights.length; id++) {
            double below = (double) scores.get(id) - highest;
            weights[id] = TokenDraw.weight(below / sampling.temperature());
        }
        return TokenDraw.draw(weights, sampling, position);
    }
}
