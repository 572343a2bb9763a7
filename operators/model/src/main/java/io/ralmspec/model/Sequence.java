package io.ralmspec.model;

import java.util.Arrays;

/** What was computed for one request: its tokens, document included, and their keys and values. */
final class Sequence implements KvHolder {
    private SequenceKv kv;
    private int[] tokens = {};

    Sequence(SequenceKv kv) {
        this.kv = kv;
    }

    /**
     * How many of the first {@code length} tokens need not be run again. At least two are left to
     * run, or all of them.
     */
    int resume(int[] other, int length) {
        int compared = Math.min(Math.min(length, other.length), tokens.length);
        int same = Arrays.mismatch(tokens, 0, compared, other, 0, compared);
        return kv.usable(Math.min(same < 0 ? compared : same, length - 2));
    }

    /** The token that follows the step's tokens. */
    int run(CausalGraph.Step step) {
        int next = kv.run(step);
        tokens = Arrays.copyOf(step.tokens(), step.to());
        return next;
    }

    /** A copy of the first {@code length} positions, which must have been run last. */
    Sequence fork(int length, int capacity) {
        Sequence fork = new Sequence(kv.fork(length, capacity));
        fork.tokens = Arrays.copyOf(tokens, length);
        return fork;
    }

    /** Takes over what {@code other} holds. */
    void become(Sequence other) {
        kv.close();
        kv = other.kv;
        tokens = other.tokens;
    }

    @Override
    public long bytes() {
        return kv.bytes();
    }

    @Override
    public void close() {
        kv.close();
        tokens = new int[0];
    }
}
