package io.ralmspec.decoding;

import java.io.Serializable;

/**
 * How a request uses the datastore, in {@link DecodingMode#neighbours the modes} that have one. The
 * first three decide what the answer is, the others only how fast it comes.
 *
 * @param lambda weight of the neighbours beside the language model, in [0, 1]
 * @param temperature what squared distances are divided by, in (0, {@link #MAX_TEMPERATURE}], in
 *     the scale of the model's keys
 * @param neighbours entries found per token, in [1, {@link #MAX_NEIGHBOURS}] (paper: k)
 * @param successors corpus successors of a neighbour that go into the cache with it, in [0, {@link
 *     #MAX_SUCCESSORS}] (paper 5.2: n)
 * @param prefetch nearest neighbours of each verified key that go into the cache, in [1, {@link
 *     #MAX_NEIGHBOURS}]
 * @param cacheEntries entries cached at most, in [1, {@link #MAX_CACHE_ENTRIES}]
 */
public record KnnParameters(
        double lambda,
        double temperature,
        int neighbours,
        int successors,
        int prefetch,
        int cacheEntries)
        implements Serializable {
    public static final double MAX_TEMPERATURE = 1e9;
    public static final int MAX_NEIGHBOURS = 1024;
    public static final int MAX_SUCCESSORS = 256;
    public static final int MAX_CACHE_ENTRIES = 65_536;

    /**
     * Khandelwal et al. (lambda 0.25, k = 1024). The cache is what measured best: more neighbours
     * with fewer successors each than the paper (n = 10).
     */
    public static final KnnParameters DEFAULT = new KnnParameters(0.25, 1, 1024, 3, 64, 4096);

    public KnnParameters {
        Checks.require(lambda >= 0 && lambda <= 1, "retrieval.knn.lambda", "in [0, 1]", lambda);
        Checks.require(
                temperature > 0 && temperature <= MAX_TEMPERATURE,
                "retrieval.knn.temperature",
                "in (0, %.0f]".formatted(MAX_TEMPERATURE),
                temperature);
        requireIn("k", 1, neighbours, MAX_NEIGHBOURS);
        requireIn("successors", 0, successors, MAX_SUCCESSORS);
        requireIn("prefetch", 1, prefetch, MAX_NEIGHBOURS);
        requireIn("cache_entries", 1, cacheEntries, MAX_CACHE_ENTRIES);
    }

    private static void requireIn(String name, int least, int value, int most) {
        Checks.require(
                value >= least && value <= most,
                "retrieval.knn." + name,
                "in [%d, %d]".formatted(least, most),
                value);
    }

    /** The same with another number of neighbours. */
    public KnnParameters withNeighbours(int count) {
        return new KnnParameters(lambda, temperature, count, successors, prefetch, cacheEntries);
    }
}
