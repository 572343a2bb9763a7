package io.ralmspec.model;

import java.nio.FloatBuffer;

/** Picks the next token. */
@FunctionalInterface
interface TokenChoice {
    /** The highest score; a graph that computes it itself is asked for nothing else. */
    TokenChoice GREEDY = (scores, position) -> TokenSampler.greedy(scores);

    /**
     * @param scores one per token of the vocabulary, from index 0 to its limit; valid during the
     *     call
     * @param position index of the new token among prompt and generated tokens
     */
    int choose(FloatBuffer scores, int position);
}
