package io.ralmspec.model;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Holds what was computed, least recently used out first once it is more than a number of bytes.
 * Owns its values. Not thread-safe.
 */
final class KvCache<K, V extends KvHolder> implements AutoCloseable {
    private final long maxBytes;
    private final Map<K, V> entries = new LinkedHashMap<>(16, 0.75f, true);

    KvCache(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    @Nullable V get(K key) {
        return entries.get(key);
    }

    /** {@link #trim} afterwards. */
    void put(K key, V value) {
        V old = entries.put(key, value);
        if (old != null) {
            old.close();
        }
    }

    void remove(K key) {
        V old = entries.remove(key);
        if (old != null) {
            old.close();
        }
    }

    /** Drops what is over the bound and not held; values may have grown since they were put in. */
    void trim() {
        long bytes = bytes();
        Iterator<V> oldestFirst = entries.values().iterator();
        while (bytes > maxBytes && oldestFirst.hasNext()) {
            V oldest = oldestFirst.next();
            if (oldest.held()) {
                continue;
            }
            bytes -= oldest.bytes();
            oldestFirst.remove();
            oldest.close();
        }
    }

    long bytes() {
        return entries.values().stream().mapToLong(KvHolder::bytes).sum();
    }

    int size() {
        return entries.size();
    }

    void clear() {
        entries.values().forEach(KvHolder::close);
        entries.clear();
    }

    @Override
    public void close() {
        clear();
    }
}
