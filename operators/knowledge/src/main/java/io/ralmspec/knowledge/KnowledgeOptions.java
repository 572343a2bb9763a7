package io.ralmspec.knowledge;

/**
 * How an open knowledge base searches.
 *
 * @param searchThreads threads that share one search call, the caller's included, in [1, 1024]
 * @param efSearch candidates an HNSW search keeps, in [1, 10000]; more finds more and takes longer.
 *     Also the most hits one HNSW query can ask for
 */
public record KnowledgeOptions(int searchThreads, int efSearch) {
    public static final int DEFAULT_EF_SEARCH = 128;

    public KnowledgeOptions {
        Checks.require(
                searchThreads >= 1 && searchThreads <= 1024,
                "search_threads",
                "in [1, 1024]",
                searchThreads);
        Checks.require(efSearch >= 1 && efSearch <= 10_000, "ef_search", "in [1, 10000]", efSearch);
    }

    /** All processors, {@link #DEFAULT_EF_SEARCH}. */
    public static KnowledgeOptions defaults() {
        int processors = Math.min(1024, Runtime.getRuntime().availableProcessors());
        return new KnowledgeOptions(processors, DEFAULT_EF_SEARCH);
    }
}
