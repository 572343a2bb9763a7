package io.ralmspec.streaming;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * The deadlines of a subtask's requests. In memory, rebuilt after a restore: one sweep over this is
 * cheaper than a timer per request in RocksDB. Task thread only.
 */
final class Deadlines {
    private record Deadline(long atMillis, String id) {}

    private final Map<String, Long> atMillisById = new HashMap<>();
    private final TreeSet<Deadline> ordered =
            new TreeSet<>(Comparator.comparingLong(Deadline::atMillis).thenComparing(Deadline::id));

    /**
     * @param deadlineMillis milliseconds after receipt; 0 is none
     */
    void add(String id, long receivedMillis, long deadlineMillis) {
        if (deadlineMillis == 0) {
            return;
        }
        remove(id);
        long atMillis = receivedMillis + deadlineMillis;
        atMillisById.put(id, atMillis);
        ordered.add(new Deadline(atMillis, id));
    }

    void remove(String id) {
        Long atMillis = atMillisById.remove(id);
        if (atMillis != null) {
            ordered.remove(new Deadline(atMillis, id));
        }
    }

    /** Removes and returns the requests whose deadline is now or was earlier, earliest first. */
    List<String> passed(long nowMillis) {
        List<String> ids = new ArrayList<>();
        while (!ordered.isEmpty() && ordered.getFirst().atMillis() <= nowMillis) {
            String id = ordered.pollFirst().id();
            atMillisById.remove(id);
            ids.add(id);
        }
        return ids;
    }
}
