package io.ralmspec.knowledge;

import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.IntFunction;

/**
 * What was worked out for documents lately. A document may lie in a few slots, shared with others;
 * the oldest makes room. So it is bounded, needs no lock, writes nothing when it finds, and losing
 * an entry only costs time. Thread-safe.
 */
final class DocumentCache<T> {
    /** Slots a document may lie in. With one, a thousand documents already displace each other. */
    private static final int WAYS = 4;

    private record Entry<T>(int document, T value) {}

    private final AtomicReferenceArray<Entry<T>> slots;
    private final int ways;
    private final int sets;
    private final IntFunction<T> loader;

    /**
     * @param slots entries kept at most, at least 1
     */
    DocumentCache(int slots, IntFunction<T> loader) {
        ways = Math.min(WAYS, slots);
        sets = slots / ways;
        this.slots = new AtomicReferenceArray<>(sets * ways);
        this.loader = loader;
    }

    T get(int document) {
        int from = document % sets * ways;
        for (int slot = from; slot < from + ways; slot++) {
            Entry<T> entry = slots.get(slot);
            if (entry == null) {
                break;
            }
            if (entry.document == document) {
                return entry.value;
            }
        }
        T value = loader.apply(document);
        // Two threads at once may lose an entry or keep one twice.
        for (int slot = from + ways - 1; slot > from; slot--) {
            slots.set(slot, slots.get(slot - 1));
        }
        slots.set(from, new Entry<>(document, value));
        return value;
    }
}
