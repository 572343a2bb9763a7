package io.ralmspec.knowledge;

/**
 * The inner loops of dense search, for inner products and for squared distances. Implementations
 * give the same bits: the order of every floating-point operation is part of the contract, so a
 * score never depends on the batch, the thread, the machine or the width of its registers.
 * Stateless.
 */
interface ScoreKernel {
    /** Queries that one pass over a slab scores. */
    int QUERIES = 4;

    /** Independent sums that {@link #guide} keeps. */
    int GUIDE_LANES = 32;

    String name();

    /**
     * Adds some dimensions to the inner products of one block of {@link VectorFile#ROWS} documents.
     * Each is one chain of fused multiply-adds over the dimensions in order, from 0, wherever it is
     * cut into slabs.
     *
     * @param slab {@code [dimensions][64]}
     * @param dimensions of the slab
     * @param queries {@code [dimensions][4]} from {@code queriesFrom} on
     * @param count queries wanted, 1 to 4; the other columns are zero and may be left out
     * @param sums {@code [4][64]} from {@code sumsFrom} on: the chains so far, and then with these
     */
    void addProducts(
            float[] slab,
            int dimensions,
            float[] queries,
            int queriesFrom,
            int count,
            float[] sums,
            int sumsFrom);

    /** The largest of the {@link VectorFile#ROWS} values from {@code from} on. */
    float maximum(float[] values, int from);

    /**
     * A fast inner product that guides graph search and is never returned as a score. Element d
     * goes to chain {@code d % 32}; the chains are then added pairwise by {@link #fold}.
     */
    float guide(float[] first, float[] second);

    /**
     * As {@link #addProducts}, with squared Euclidean distances instead of inner products: one
     * chain of fused multiply-adds of the differences with themselves, from 0.
     */
    void addSquares(
            float[] slab,
            int dimensions,
            float[] queries,
            int queriesFrom,
            int count,
            float[] sums,
            int sumsFrom);

    /** As {@link #guide}, with minus the squared Euclidean distance. */
    float guideDistance(float[] first, float[] second);

    /** Adds the 32 chains as a balanced tree. Overwrites {@code lanes}. */
    static float fold(float[] lanes) {
        for (int width = GUIDE_LANES / 2; width > 0; width /= 2) {
            for (int i = 0; i < width; i++) {
                lanes[i] += lanes[i + width];
            }
        }
        return lanes[0];
    }
}
