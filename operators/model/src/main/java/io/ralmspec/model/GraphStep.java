package io.ralmspec.model;

/**
 * What to run: {@code tokens[from]} to {@code tokens[to - 1]}, after {@code from} positions whose
 * keys and values are given.
 *
 * @param scored the last positions whose scores are wanted: 0 for keys and values only, 1 for the
 *     token that follows. If more, the last {@code scored - 1} tokens are a draft: each is what
 *     probably follows the token before it
 * @param choice picks the tokens that follow
 * @param position what {@code choice} is told of the first one
 */
record GraphStep(int[] tokens, int from, int to, int scored, TokenChoice choice, int position) {
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
        return new GraphStep(tokens, start, to, scored, choice, position);
    }

    /** The first tokens only, for their keys and values. */
    GraphStep to(int end) {
        return keysAndValues(tokens, from, end);
    }

    static GraphStep keysAndValues(int[] tokens, int from, int to) {
        return new GraphStep(tokens, from, to, 0, TokenChoice.GREEDY, 0);
    }
}
