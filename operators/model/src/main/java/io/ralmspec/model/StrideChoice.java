package io.ralmspec.model;

import io.ralmspec.decoding.Generation;
import io.ralmspec.decoding.Sampling;
import java.nio.FloatBuffer;

/** Picks the tokens of one stride and, if it is wanted, measures how sure the model was of them. */
final class StrideChoice implements TokenChoice {
    private final Sampling sampling;
    private double leastProbability = 1;

    private StrideChoice(Sampling sampling) {
        this.sampling = sampling;
    }

    /** {@link TokenChoice#GREEDY} where that is enough. */
    static TokenChoice of(Generation generation) {
        Sampling sampling = generation.sampling();
        if (generation.confidence()) {
            return new StrideChoice(sampling);
        }
        return sampling.greedy()
                ? TokenChoice.GREEDY
                : (scores, position) -> TokenSampler.choose(scores, sampling, position);
    }

    @Override
    public int choose(FloatBuffer scores, int position) {
        int token = TokenSampler.choose(scores, sampling, position);
        leastProbability = Math.min(leastProbability, TokenSampler.probability(scores, token));
        return token;
    }

    /** The least probability of the tokens picked; 0 if it is not measured. */
    static double confidence(TokenChoice choice) {
        return choice instanceof StrideChoice stride ? stride.leastProbability : 0;
    }
}
