package io.ralmspec.model;

import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Keys and values that stay in place: the graph reads and writes the same memory, and going back is
 * only a shorter length. Larger memory is taken when the sequence outgrows it.
 *
 * <p>Every run has an even number of tokens. GroupQueryAttention works in blocks of rows, and a row
 * that is left alone in its block takes another path with other rounding. Blocks are of even size,
 * so with an even number of rows none is alone; then keys, values and scores are the same to the
 * bit however the sequence is split into runs.
 */
final class SharedKv implements SequenceKv {
    private static final int LEAST_CAPACITY = 64;

    private final CausalGraph graph;
    private final KvMemoryPool pool;
    private final int contextLength;
    private @Nullable KvMemory memory;
    private List<TensorHandle> tensors = List.of();
    private int length;

    SharedKv(CausalGraph graph, KvMemoryPool pool, int contextLength) {
        this.graph = graph;
        this.pool = pool;
        this.contextLength = contextLength;
    }

    @Override
    public int rewind(int same, int total, int scored) {
        length = Math.min(length, same);
        int start = Math.clamp(GraphStep.latestStart(total, scored), 0, length);
        return start > 0 && (total - start) % 2 == 1 ? start - 1 : start;
    }

    @Override
    public int[] run(GraphStep step) {
        if (step.count() > 1 && step.count() % 2 == 1) {
            // From the very beginning, nothing can be repeated to make it even.
            int latest = GraphStep.latestStart(step.to(), step.scored());
            int odd = latest % 2 == 1 ? latest : latest - 1;
            runEven(step.to(odd + 1));
            return runEven(step.from(odd));
        }
        return runEven(step);
    }

    private int[] runEven(GraphStep step) {
        int[] next = graph.runInPlace(step, begin(step));
        ran(step);
        if (graph.most(step) > 1) {
            length += next.length - 1;
        }
        return next;
    }

    @Override
    public List<TensorHandle> begin(GraphStep step) {
        reserve(step.to() + graph.most(step) - 1, step.from());
        if (tensors.isEmpty()) {
            KvMemory own = memory();
            tensors =
                    IntStream.range(0, own.count())
                            .mapToObj(i -> graph.wrap(own.buffer(i), own.capacity()))
                            .toList();
        }
        length = step.from();
        return tensors;
    }

    @Override
    public void ran(GraphStep step) {
        length = step.count() > 1 ? step.to() : step.from();
    }

    @Override
    public SharedKv fork(int positions, int capacity) {
        SharedKv fork = new SharedKv(graph, pool, contextLength);
        fork.memory = pool.lend(capacityFor(capacity));
        fork.memory.copyFrom(memory(), positions);
        fork.length = positions;
        return fork;
    }

    @Override
    public long bytes() {
        return memory == null ? 0 : memory.bytes();
    }

    /** Makes room for {@code positions}, keeping the first {@code kept}. */
    private void reserve(int positions, int kept) {
        KvMemory old = memory;
        if (old != null && old.capacity() >= positions) {
            return;
        }
        KvMemory larger = pool.lend(capacityFor(positions));
        if (old != null) {
            larger.copyFrom(old, kept);
        }
        close();
        memory = larger;
    }

    /** A power of two where the context allows: few sizes, so that memory given back fits again. */
    private int capacityFor(int positions) {
        int rounded = Math.max(LEAST_CAPACITY, Integer.highestOneBit(positions - 1) << 1);
        return Math.min(contextLength, rounded);
    }

    private KvMemory memory() {
        KvMemory open = memory;
        if (open == null) {
            throw new IllegalStateException("keys and values were used after they were closed");
        }
        return open;
    }

    @Override
    public void close() {
        tensors.forEach(TensorHandle::close);
        tensors = List.of();
        KvMemory open = memory;
        if (open != null) {
            memory = null;
            length = 0;
            pool.giveBack(open);
        }
    }
}
