package io.ralmspec.model;

import java.util.Arrays;
import java.util.List;

/** What was computed for one request: its tokens, document included, and their keys and values. */
final class Sequence implements KvHolder {
    private SequenceKv kv;
    private int[] tokens = {};
    private boolean held;

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
        // A loop ran all but the last of what it chose; in a draft the tokens are there already.
        int more = step.scored() == 1 ? next.length - 1 : 0;
        tokens = Arrays.copyOf(step.tokens(), step.to() + more);
        System.arraycopy(next, 0, tokens, step.to(), more);
        return next;
    }

    /** Where the keys and values of a step with an even number of tokens are and will be. */
    List<TensorHandle> begin(GraphStep step) {
        return kv.begin(step);
    }

    /** The step that was begun has been run. */
    void ran(GraphStep step) {
        kv.ran(step);
        tokens = Arrays.copyOf(step.tokens(), step.to());
    }

    /** Whether to stay, however little room there is: it is being run. */
    void hold(boolean stay) {
        held = stay;
    }

    @Override
    public boolean held() {
        return held;
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
