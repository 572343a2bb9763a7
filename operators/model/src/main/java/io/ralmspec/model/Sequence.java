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
     * Forgets what differs from {@code other}, and says where a run to its first {@code length}
     * tokens starts. At least the last {@code scored} tokens are left to run, two or more, or all
     * of them.
     */
    int rewind(int[] other, int length, int scored) {
        int compared = Math.min(length, tokens.length);
        int same = Arrays.mismatch(tokens, 0, compared, other, 0, compared);
        return kv.rewind(same < 0 ? compared : same, length, scored);
    }

    /** The tokens that follow, as {@link CausalGraph} gives them. */
    int[] run(GraphStep step) {
        int[] next = kv.run(step);
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
