package io.ralmspec.knowledge;

/**
 * The inner loops of dense search, for inner products and for squared distances. Implementations
 * give the same bits: the order of every floating-point operation is part of the contract, so a
 * score never depends on the batch, the thread, the machine or the width of its registers.
 * Stateless.
 */
interface ScoreKernel {
    /** Queries that one pass over a block scores. */
    int QUERIES = 4;

    /** Independent sums that {@link #guide} keeps. */
    int GUIDE_LANES = 32;

    String name();

    /**
     * Scores one block of {@link VectorFile#ROWS} documents. Each score is one chain of fused
     * multiply-adds over the dimensions in order, from 0.
     *
     * @param block {@code [dimension][64]}
     * @param queries {@code [dimension][4]} from {@code queriesFrom} on
     * @param count queries wanted, 1 to 4; the other columns are zero and may be left out
     * @param scores {@code [4][64]}, the result
     * @param maxima the largest score of each query in this block, padding included
     */
    void score(
            float[] block,
            int dimension,
            float[] queries,
            int queriesFrom,
            int count,
            float[] scores,
            float[] maxima);

    /**
     * A fast inner product that guides graph search and is never returned as a score. Element d
     * goes to chain {@code d % 32}; the chains are then added pairwise by {@link #fold}.
     */
    float guide(float[] first, float[] second);

    /**
     * As {@link #score}, with squared Euclidean distances instead of inner products: one chain of
     * fused multiply-adds of the differences with themselves, from 0, which is then negated, so
     * that more is better here too.
     */
    void distances(
            float[] block,
            int dimension,
            float[] queries,
            int queriesFrom,
            int count,
            float[] scores,
            float[] maxima);

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
