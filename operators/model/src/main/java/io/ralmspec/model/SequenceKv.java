package io.ralmspec.model;

import java.util.List;

/**
 * Keys and values of the first positions of a token sequence. Knows lengths, not tokens: whoever
 * holds it knows which tokens they were computed from.
 *
 * <p>A run of one token rounds differently from a longer one in the attention, so runs are at least
 * two tokens long wherever the sequence is. What a run of one token computed is not kept.
 */
interface SequenceKv extends AutoCloseable {
    /**
     * Forgets what was computed from other tokens, and says where a run to {@code total} starts.
     *
     * @param same the first positions whose tokens are still the same
     * @param scored the last positions that the run must contain
     * @return at most {@code same} and {@link GraphStep#latestStart}, or 0
     */
    int rewind(int same, int total, int scored);

    /**
     * Runs the step and returns the tokens that follow, as {@link CausalGraph} does. {@code
     * step.from()} comes from {@link #rewind}.
     */
    int[] run(GraphStep step);

    /**
     * Makes ready for a step that is run together with others, by the caller.
     *
     * @param step with an even number of tokens
     * @return its keys and values, past and present in one
     * @throws UnsupportedOperationException if they do not stay in place
     */
    List<TensorHandle> begin(GraphStep step);

    /** The step that was begun has been run. */
    void ran(GraphStep step);

    /**
     * The first {@code length} positions again, independent of this.
     *
     * @param length where the last run ended, or started after a fork
     * @param capacity positions that there should be room for, at least {@code length}
     */
    SequenceKv fork(int length, int capacity);

    /** Memory outside the heap. */
    long bytes();

    @Override
    void close();
}
