package io.ralmspec.knowledge;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The kernel on the incubator Vector API. Loaded only where the module is present, see {@link
 * Kernels}. A tile of documents by four queries stays in registers: 4 x 4 accumulators with the 32
 * registers of AVX-512, 2 x 4 with the 16 of narrower machines.
 */
final class VectorKernel implements ScoreKernel {
    private static final int ROWS = VectorFile.ROWS;
    private static final int WIDE = 16;
    // The constants below must be static and final: only then are they folded into machine code.
    static final VectorSpecies<Float> SPECIES = species();
    private static final int LANES = SPECIES.length();

    private static VectorSpecies<Float> species() {
        VectorSpecies<Float> preferred = FloatVector.SPECIES_PREFERRED;
        return preferred.length() > WIDE ? FloatVector.SPECIES_512 : preferred;
    }

    @Override
    public String name() {
        return "vector-" + SPECIES.vectorBitSize();
    }

    @Override
    public void score(
            float[] block,
            int dimension,
            float[] queries,
            int queriesFrom,
            int count,
            float[] scores,
            float[] maxima) {
        if (LANES == WIDE) {
            wideTile(block, dimension, queries, queriesFrom, scores, maxima);
            return;
        }
        for (int q = 0; q < QUERIES; q++) {
            maxima[q] = Float.NEGATIVE_INFINITY;
        }
        for (int row = 0; row < ROWS; row += 2 * LANES) {
            narrowTile(block, row, dimension, queries, queriesFrom, scores, maxima);
        }
    }

    @Override
    public void distances(
            float[] block,
            int dimension,
            float[] queries,
            int queriesFrom,
            int count,
            float[] scores,
            float[] maxima) {
        if (LANES == WIDE) {
            VectorDistances.wideTile(block, dimension, queries, queriesFrom, scores, maxima);
            return;
        }
        for (int q = 0; q < QUERIES; q++) {
            maxima[q] = Float.NEGATIVE_INFINITY;
        }
        for (int row = 0; row < ROWS; row += 2 * LANES) {
            VectorDistances.narrowTile(block, row, dimension, queries, queriesFrom, scores, maxima);
        }
    }

    @Override
    public float guideDistance(float[] first, float[] second) {
        return VectorDistances.guide(first, second);
    }

    /** All 64 documents at once. */
    private static void wideTile(
            float[] block, int dimension, float[] queries, int from, float[] out, float[] maxima) {
        FloatVector zero = FloatVector.zero(SPECIES);
        FloatVector a0 = zero, a1 = zero, a2 = zero, a3 = zero;
        FloatVector b0 = zero, b1 = zero, b2 = zero, b3 = zero;
        FloatVector c0 = zero, c1 = zero, c2 = zero, c3 = zero;
        FloatVector d0 = zero, d1 = zero, d2 = zero, d3 = zero;
        for (int d = 0; d < dimension; d++) {
            int at = d * ROWS;
            FloatVector r0 = FloatVector.fromArray(SPECIES, block, at);
            FloatVector r1 = FloatVector.fromArray(SPECIES, block, at + LANES);
            FloatVector r2 = FloatVector.fromArray(SPECIES, block, at + 2 * LANES);
            FloatVector r3 = FloatVector.fromArray(SPECIES, block, at + 3 * LANES);
            int query = from + d * QUERIES;
            FloatVector q = FloatVector.broadcast(SPECIES, queries[query]);
            a0 = r0.fma(q, a0);
            a1 = r1.fma(q, a1);
            a2 = r2.fma(q, a2);
            a3 = r3.fma(q, a3);
            q = FloatVector.broadcast(SPECIES, queries[query + 1]);
            b0 = r0.fma(q, b0);
            b1 = r1.fma(q, b1);
            b2 = r2.fma(q, b2);
            b3 = r3.fma(q, b3);
            q = FloatVector.broadcast(SPECIES, queries[query + 2]);
            c0 = r0.fma(q, c0);
            c1 = r1.fma(q, c1);
            c2 = r2.fma(q, c2);
            c3 = r3.fma(q, c3);
            q = FloatVector.broadcast(SPECIES, queries[query + 3]);
            d0 = r0.fma(q, d0);
            d1 = r1.fma(q, d1);
            d2 = r2.fma(q, d2);
            d3 = r3.fma(q, d3);
        }
        a0.intoArray(out, 0);
        a1.intoArray(out, LANES);
        a2.intoArray(out, 2 * LANES);
        a3.intoArray(out, 3 * LANES);
        b0.intoArray(out, ROWS);
        b1.intoArray(out, ROWS + LANES);
        b2.intoArray(out, ROWS + 2 * LANES);
        b3.intoArray(out, ROWS + 3 * LANES);
        c0.intoArray(out, 2 * ROWS);
        c1.intoArray(out, 2 * ROWS + LANES);
        c2.intoArray(out, 2 * ROWS + 2 * LANES);
        c3.intoArray(out, 2 * ROWS + 3 * LANES);
        d0.intoArray(out, 3 * ROWS);
        d1.intoArray(out, 3 * ROWS + LANES);
        d2.intoArray(out, 3 * ROWS + 2 * LANES);
        d3.intoArray(out, 3 * ROWS + 3 * LANES);
        for (int q = 0; q < QUERIES; q++) {
            maxima[q] = maximum(out, q * ROWS, ROWS);
        }
    }

    /**
     * From memory, not from registers: a vector that is an argument or a result of a method becomes
     * an object wherever the compiler does not inline that method, and then the loop above it runs
     * five times slower. Whether it inlines has been seen to differ from run to run.
     */
    static float maximum(float[] values, int from, int count) {
        float maximum = Float.NEGATIVE_INFINITY;
        for (int i = from; i < from + count; i++) {
            maximum = Math.max(maximum, values[i]);
        }
        return maximum;
    }

    /** Two registers of documents, from {@code row} on. */
    private static void narrowTile(
            float[] block,
            int row,
            int dimension,
            float[] queries,
            int from,
            float[] out,
            float[] maxima) {
        FloatVector zero = FloatVector.zero(SPECIES);
        FloatVector a0 = zero, a1 = zero, b0 = zero, b1 = zero;
        FloatVector c0 = zero, c1 = zero, d0 = zero, d1 = zero;
        for (int d = 0; d < dimension; d++) {
            int at = d * ROWS + row;
            FloatVector r0 = FloatVector.fromArray(SPECIES, block, at);
            FloatVector r1 = FloatVector.fromArray(SPECIES, block, at + LANES);
            int query = from + d * QUERIES;
            FloatVector q = FloatVector.broadcast(SPECIES, queries[query]);
            a0 = r0.fma(q, a0);
            a1 = r1.fma(q, a1);
            q = FloatVector.broadcast(SPECIES, queries[query + 1]);
            b0 = r0.fma(q, b0);
            b1 = r1.fma(q, b1);
            q = FloatVector.broadcast(SPECIES, queries[query + 2]);
            c0 = r0.fma(q, c0);
            c1 = r1.fma(q, c1);
            q = FloatVector.broadcast(SPECIES, queries[query + 3]);
            d0 = r0.fma(q, d0);
            d1 = r1.fma(q, d1);
        }
        a0.intoArray(out, row);
        a1.intoArray(out, row + LANES);
        b0.intoArray(out, ROWS + row);
        b1.intoArray(out, ROWS + row + LANES);
        c0.intoArray(out, 2 * ROWS + row);
        c1.intoArray(out, 2 * ROWS + row + LANES);
        d0.intoArray(out, 3 * ROWS + row);
        d1.intoArray(out, 3 * ROWS + row + LANES);
        for (int q = 0; q < QUERIES; q++) {
            maxima[q] = Math.max(maxima[q], maximum(out, q * ROWS + row, 2 * LANES));
        }
    }

    @Override
    public float guide(float[] first, float[] second) {
        float[] lanes = new float[GUIDE_LANES];
        int whole = first.length / GUIDE_LANES * GUIDE_LANES;
        for (int lane = 0; lane < GUIDE_LANES; lane += LANES) {
            FloatVector sum = FloatVector.zero(SPECIES);
            for (int d = lane; d < whole; d += GUIDE_LANES) {
                FloatVector a = FloatVector.fromArray(SPECIES, first, d);
                sum = a.fma(FloatVector.fromArray(SPECIES, second, d), sum);
            }
            sum.intoArray(lanes, lane);
        }
        for (int d = whole; d < first.length; d++) {
            lanes[d - whole] = Math.fma(first[d], second[d], lanes[d - whole]);
        }
        return ScoreKernel.fold(lanes);
    }
}
