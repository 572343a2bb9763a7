package io.ralmspec.model;

/**
 * Keys and values of the first positions of a token sequence. Knows lengths, not tokens: whoever
 * holds it knows which tokens they were computed from.
 *
 * <p>A run of one token rounds differently from a longer one in the attention, so runs are at least
 * two tokens long wherever the sequence is: then keys, values and scores are the same to the bit
 * however the sequence is split into runs. What a run of one token computed is not kept.
 */
interface SequenceKv extends AutoCloseable {
    /** The most positions, at most {@code limit}, that a run can start after. */
    int usable(int limit);

    /**
     * Runs the step and returns the token that follows. Positions from {@code step.from()} on are
     * replaced; {@code step.from()} is a {@link #usable} value.
     */
    int run(CausalGraph.Step step);

    /**
     * The first {@code length} positions again, independent of this.
     *
     * @param length at most {@code usable(Integer.MAX_VALUE)}, and one of its values
     * @param capacity positions that there should be room for, at least {@code length}
     */
    SequenceKv fork(int length, int capacity);

    /** Memory outside the heap. */
    long bytes();

    @Override
    void close();
}
