package io.ralmspec.model;

import java.nio.FloatBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What to run: {@code tokens[from]} to {@code tokens[to - 1]}, after {@code from} positions whose
 * keys and values are given.
 *
 * @param scored the last positions whose scores are wanted: 0 for keys and values only, 1 for the
 *     token that follows. If more, the last {@code scored - 1} tokens are a draft: each is what
 *     probably follows the token before it
 * @param choice picks the tokens that follow
 * @param position what {@code choice} is told of the first one
 * @param keys given the keys of all positions that are run, or null if they are not wanted
 * @param ahead tokens that may follow in the same run, at least 1: a graph that can goes on by
 *     itself until it has so many or an end token
 */
record GraphStep(
        int[] tokens,
        int from,
        int to,
        int scored,
        TokenChoice choice,
        int position,
        @Nullable KeyRows keys,
        int ahead) {
    /** Told of every run: a step may take two, and a position may come in both, with equal keys. */
    @FunctionalInterface
    interface KeyRows {
        /**
         * @param from first position of the run
         * @param count positions
         * @param rows their keys, one after the other; valid during the call
         */
        void accept(int from, int count, FloatBuffer rows);
    }

    GraphStep(int[] tokens, int from, int to, int scored, TokenChoice choice, int position) {
        this(tokens, from, to, scored, choice, position, null, 1);
    }

    /** Fewer tokens than this are rounded in another way. */
    static final int LEAST = 2;

    int count() {
        return to - from;
    }

    /** Where the run starts that has no more than it must. */
    static int latestStart(int to, int scored) {
        return to - Math.max(LEAST, scored);
    }

    GraphStep from(int start) {
        return new GraphStep(tokens, start, to, scored, choice, position, keys, ahead);
    }

    /** The first tokens only, for what was computed of them. */
    GraphStep to(int end) {
        return new GraphStep(tokens, from, end, 0, TokenChoice.GREEDY, 0, keys, 1);
    }

    GraphStep ahead(int most) {
        return new GraphStep(tokens, from, to, scored, choice, position, keys, most);
    }

    static GraphStep keysAndValues(int[] tokens, int from, int to) {
        return new GraphStep(tokens, from, to, 0, TokenChoice.GREEDY, 0);
    }
}
