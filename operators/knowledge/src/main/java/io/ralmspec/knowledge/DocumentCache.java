package io.ralmspec.knowledge;

import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.IntFunction;

/**
 * What was worked out for documents lately. A document has one slot, shared with others; the last
 * one stays. So it is bounded, needs no lock and no bookkeeping, and losing an entry only costs
 * time. Thread-safe.
 */
final class DocumentCache<T> {
    private record Entry<T>(int document, T value) {}

    private final AtomicReferenceArray<Entry<T>> slots;
    private final IntFunction<T> loader;

    /**
     * @param slots at least 1
     */
    DocumentCache(int slots, IntFunction<T> loader) {
        this.slots = new AtomicReferenceArray<>(slots);
        this.loader = loader;
    }

    T get(int document) {
        int slot = document % slots.length();
        Entry<T> entry = slots.get(slot);
        if (entry == null || entry.document != document) {
            entry = new Entry<>(document, loader.apply(document));
            slots.set(slot, entry);
        }
        return entry.value;
    }
}
