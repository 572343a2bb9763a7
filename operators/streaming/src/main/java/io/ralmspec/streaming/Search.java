package io.ralmspec.streaming;

import io.ralmspec.decoding.Hits;
import io.ralmspec.decoding.Query;
import java.util.List;

/** What verification asks. Thread-safe; blocks. */
@FunctionalInterface
public interface Search {
    /**
     * The best {@code count} entries of each query; {@code result.get(i)} belongs to {@code
     * queries.get(i)}. The same, to the bit, whatever else is in the batch.
     *
     * @param count at least 1
     */
    List<Hits> search(List<Query> queries, int count);

    /**
     * Whether the first hits are the same, to the bit, however large the count is. If not, only
     * queries of one count are searched together.
     */
    default boolean anyCount() {
        return true;
    }
}
