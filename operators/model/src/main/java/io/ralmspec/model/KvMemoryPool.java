package io.ralmspec.model;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;

/**
 * Lends {@link KvMemory} and takes it back. Direct memory returns to the system only when the
 * garbage collector finds it, so what is given back is lent again instead. Not thread-safe.
 */
final class KvMemoryPool {
    private final GraphShape shape;
    private final long maxBytes;
    private final Deque<KvMemory> free = new ArrayDeque<>();
    private long lentBytes;
    private long freeBytes;

    /**
     * @param maxBytes free memory is kept while lent and free together stay below this
     */
    KvMemoryPool(GraphShape shape, long maxBytes) {
        this.shape = shape;
        this.maxBytes = maxBytes;
    }

    /** Contents are arbitrary. */
    KvMemory lend(int capacity) {
        KvMemory memory = takeFree(capacity);
        if (memory == null) {
            memory = new KvMemory(shape, capacity);
        }
        lentBytes += memory.bytes();
        trim();
        return memory;
    }

    void giveBack(KvMemory memory) {
        lentBytes -= memory.bytes();
        freeBytes += memory.bytes();
        free.addLast(memory);
        trim();
    }

    long lentBytes() {
        return lentBytes;
    }

    long freeBytes() {
        return freeBytes;
    }

    private @org.jspecify.annotations.Nullable KvMemory takeFree(int capacity) {
        for (Iterator<KvMemory> each = free.descendingIterator(); each.hasNext(); ) {
            KvMemory memory = each.next();
            if (memory.capacity() == capacity) {
                each.remove();
                freeBytes -= memory.bytes();
                return memory;
            }
        }
        return null;
    }

    private void trim() {
        while (!free.isEmpty() && lentBytes + freeBytes > maxBytes) {
            freeBytes -= free.removeFirst().bytes();
        }
    }
}
