package io.ralmspec.model;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Keys and values of a graph that returns longer ones from every run. Kept are the results of the
 * last two runs, because a run starts two or more tokens before the end, and what the sequence was
 * forked from.
 */
final class GrowingKv implements SequenceKv {
    private static final int RECENT = 2;

    /** More tokens than this before those that are scored are worth a run of their own. */
    private static final int LONG_RUN = 6;

    private final CausalGraph graph;

    /** Ascending length, each a prefix of the next. */
    private final List<KvSnapshot> snapshots = new ArrayList<>();

    /** Length of the snapshot this was forked from, or 0. */
    private final int origin;

    GrowingKv(CausalGraph graph) {
        this(graph, 0);
    }

    private GrowingKv(CausalGraph graph, int origin) {
        this.graph = graph;
        this.origin = origin;
    }

    @Override
    public int rewind(int same, int total, int scored) {
        while (!snapshots.isEmpty() && snapshots.getLast().length() > same) {
            snapshots.removeLast().letGo();
        }
        int start = 0;
        for (KvSnapshot snapshot : snapshots) {
            if (snapshot.length() <= GraphStep.latestStart(total, scored)) {
                start = snapshot.length();
            }
        }
        return start;
    }

    @Override
    public int[] run(GraphStep step) {
        int latest = GraphStep.latestStart(step.to(), step.scored());
        if (latest - step.from() > LONG_RUN) {
            runOnce(step.to(latest));
            return runOnce(step.from(latest));
        }
        return runOnce(step);
    }

    private int[] runOnce(GraphStep step) {
        List<TensorHandle> present = new ArrayList<>();
        boolean kept = false;
        try {
            int[] next =
                    step.from() == 0
                            ? runFromNothing(step, present)
                            : graph.runGrowing(step, at(step.from()).tensors(), present);
            if (step.count() > 1) {
                // A loop runs all but the last new token, and leaves out the last one it ran.
                int length = graph.most(step) > 1 ? step.to() + next.length - 2 : step.to();
                add(new KvSnapshot(length, present));
                kept = true;
            }
            return next;
        } finally {
            if (!kept) {
                present.forEach(TensorHandle::close);
            }
        }
    }

    /** Snapshots as long or longer come from before a rewind: their tokens are the same. */
    private void add(KvSnapshot snapshot) {
        while (!snapshots.isEmpty() && snapshots.getLast().length() >= snapshot.length()) {
            snapshots.removeLast().letGo();
        }
        snapshots.add(snapshot);
        int first = snapshots.getFirst().length() == origin ? 1 : 0;
        while (snapshots.size() - first > RECENT) {
            snapshots.remove(first).letGo();
        }
    }

    private int[] runFromNothing(GraphStep step, List<TensorHandle> present) {
        List<TensorHandle> empty = new ArrayList<>();
        try {
            for (int i = 0; i < graph.shape().pastNames().size(); i++) {
                empty.add(graph.wrap(ByteBuffer.allocateDirect(0).asFloatBuffer(), 0));
            }
            return graph.runGrowing(step, empty, present);
        } finally {
            empty.forEach(TensorHandle::close);
        }
    }

    private KvSnapshot at(int length) {
        return snapshots.stream()
                .filter(snapshot -> snapshot.length() == length)
                .findFirst()
                .orElseThrow(
                        () ->
                                new IllegalStateException(
                                        "no keys and values of %d positions are kept"
                                                .formatted(length)));
    }

    @Override
    public List<TensorHandle> begin(GraphStep step) {
        throw new UnsupportedOperationException("growing keys and values are run alone");
    }

    @Override
    public void ran(GraphStep step) {
        throw new UnsupportedOperationException("growing keys and values are run alone");
    }

    @Override
    public GrowingKv fork(int length, int capacity) {
        GrowingKv fork = new GrowingKv(graph, length);
        fork.snapshots.add(at(length).hold());
        return fork;
    }

    /** What is shared with others counts here too. */
    @Override
    public long bytes() {
        return snapshots.stream().mapToLong(KvSnapshot::length).sum()
                * graph.shape().kvBytesPerToken();
    }

    @Override
    public void close() {
        snapshots.forEach(KvSnapshot::letGo);
        snapshots.clear();
    }
}
