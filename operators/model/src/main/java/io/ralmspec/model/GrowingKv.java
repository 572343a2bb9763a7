package io.ralmspec.model;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Keys and values of a graph that returns longer ones from every run. Kept are the results of the
 * last two runs, because a run starts two tokens before the end, and what the sequence was forked
 * from.
 */
final class GrowingKv implements SequenceKv {
    private static final int RECENT = 2;

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
    public int usable(int limit) {
        int longest = 0;
        for (KvSnapshot snapshot : snapshots) {
            if (snapshot.length() <= limit) {
                longest = snapshot.length();
            }
        }
        return longest;
    }

    @Override
    public int run(CausalGraph.Step step) {
        while (!snapshots.isEmpty() && snapshots.getLast().length() > step.from()) {
            snapshots.removeLast().letGo();
        }
        List<TensorHandle> present = new ArrayList<>();
        boolean kept = false;
        try {
            int next;
            if (step.from() == 0) {
                next = runFromNothing(step, present);
            } else {
                next = graph.runGrowing(step, at(step.from()).tensors(), present);
            }
            if (step.count() > 1) {
                snapshots.add(new KvSnapshot(step.to(), present));
                kept = true;
                forgetOld();
            }
            return next;
        } finally {
            if (!kept) {
                present.forEach(TensorHandle::close);
            }
        }
    }

    private int runFromNothing(CausalGraph.Step step, List<TensorHandle> present) {
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

    private void forgetOld() {
        int first = !snapshots.isEmpty() && snapshots.getFirst().length() == origin ? 1 : 0;
        while (snapshots.size() - first > RECENT) {
            snapshots.remove(first).letGo();
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
