package io.ralmspec.decoding;

import java.util.List;

/** One way to search a knowledge base. Thread-safe; blocks. */
public interface Retriever extends DocumentScorer {
    RetrieverKind kind();

    /**
     * The best {@code topN} documents of each query; {@code result.get(i)} belongs to {@code
     * queries.get(i)}. The first hits are the same, to the bit, whatever else is in the batch and
     * however large {@code topN} is.
     *
     * @param topN at least 1
     */
    List<Hits> search(List<Query> queries, int topN);
}
