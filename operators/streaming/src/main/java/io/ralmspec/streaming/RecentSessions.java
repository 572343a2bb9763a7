package io.ralmspec.streaming;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The sessions used last, as keyed state holds them, so that the next result of a request need not
 * read and decode its session again: at low load that is a good part of what the operator adds to a
 * step. A copy of state, never ahead of it. Used by one thread.
 */
final class RecentSessions {
    private final int capacity;
    private final Map<String, StoredSession> sessions =
            new LinkedHashMap<>(16, 0.75f, true) {
                @Override
                protected boolean removeEldestEntry(Map.Entry<String, StoredSession> eldest) {
                    return size() > capacity;
                }
            };

    /**
     * @param capacity sessions kept at most
     */
    RecentSessions(int capacity) {
        this.capacity = capacity;
    }

    @Nullable StoredSession get(String id) {
        return sessions.get(id);
    }

    void put(StoredSession stored) {
        sessions.put(stored.id(), stored);
    }

    void remove(String id) {
        sessions.remove(id);
    }
}
