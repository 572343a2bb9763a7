package io.ralmspec.knowledge;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The kernel on the incubator Vector API. Loaded only where the module is present, see {@link
 * Kernels}. A tile of documents by four queries stays in registers: 4 x 4 accumulators with the 32
 * registers of AVX-512, 2 x 4 with the 16 of narrower machines.
 *
 * <p>No vector is an argument or a result of a method: it becomes an object wherever the compiler
 * does not inline that method, and then the loop above it runs five times slower. Whether it
 * inlines has been seen to differ from run to run.
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
    public void addProducts(
            float[] slab,
            int dimensions,
            float[] queries,
            int queriesFrom,
            int count,
            float[] sums,
            int sumsFrom) {
        if (LANES == WIDE) {
            wideTile(slab, dimensions, queries, queriesFrom, sums, sumsFrom);
            return;
        }
        for (int row = 0; row < ROWS; row += 2 * LANES) {
            narrowTile(slab, row, dimensions, queries, queriesFrom, sums, sumsFrom + row);
        }
    }

    @Override
    public void addSquares(
            float[] slab,
            int dimensions,
            float[] queries,
            int queriesFrom,
            int count,
            float[] sums,
            int sumsFrom) {
        if (LANES == WIDE) {
            VectorDistances.wideTile(slab, dimensions, queries, queriesFrom, sums, sumsFrom);
            return;
        }
        for (int row = 0; row < ROWS; row += 2 * LANES) {
            VectorDistances.narrowTile(
                    slab, row, dimensions, queries, queriesFrom, sums, sumsFrom + row);
        }
    }

    @Override
    public float maximum(float[] values, int from) {
        FloatVector maxima = FloatVector.fromArray(SPECIES, values, from);
        for (int i = from + LANES; i < from + ROWS; i += LANES) {
            maxima = maxima.max(FloatVector.fromArray(SPECIES, values, i));
        }
        return maxima.reduceLanes(VectorOperators.MAX);
    }

    @Override
    public float guideDistance(float[] first, float[] second) {
        return VectorDistances.guide(first, second);
    }

    /** All 64 documents at once. */
    private static void wideTile(
            float[] slab, int dimensions, float[] queries, int from, float[] sums, int to) {
        FloatVector a0 = FloatVector.fromArray(SPECIES, sums, to);
        FloatVector a1 = FloatVector.fromArray(SPECIES, sums, to + LANES);
        FloatVector a2 = FloatVector.fromArray(SPECIES, sums, to + 2 * LANES);
        FloatVector a3 = FloatVector.fromArray(SPECIES, sums, to + 3 * LANES);
        FloatVector b0 = FloatVector.fromArray(SPECIES, sums, to + ROWS);
        FloatVector b1 = FloatVector.fromArray(SPECIES, sums, to + ROWS + LANES);
        FloatVector b2 = FloatVector.fromArray(SPECIES, sums, to + ROWS + 2 * LANES);
        FloatVector b3 = FloatVector.fromArray(SPECIES, sums, to + ROWS + 3 * LANES);
        FloatVector c0 = FloatVector.fromArray(SPECIES, sums, to + 2 * ROWS);
        FloatVector c1 = FloatVector.fromArray(SPECIES, sums, to + 2 * ROWS + LANES);
        FloatVector c2 = FloatVector.fromArray(SPECIES, sums, to + 2 * ROWS + 2 * LANES);
        FloatVector c3 = FloatVector.fromArray(SPECIES, sums, to + 2 * ROWS + 3 * LANES);
        FloatVector d0 = FloatVector.fromArray(SPECIES, sums, to + 3 * ROWS);
        FloatVector d1 = FloatVector.fromArray(SPECIES, sums, to + 3 * ROWS + LANES);
        FloatVector d2 = FloatVector.fromArray(SPECIES, sums, to + 3 * ROWS + 2 * LANES);
        FloatVector d3 = FloatVector.fromArray(SPECIES, sums, to + 3 * ROWS + 3 * LANES);
        for (int d = 0; d < dimensions; d++) {
            int at = d * ROWS;
            FloatVector r0 = FloatVector.fromArray(SPECIES, slab, at);
            FloatVector r1 = FloatVector.fromArray(SPECIES, slab, at + LANES);
            FloatVector r2 = FloatVector.fromArray(SPECIES, slab, at + 2 * LANES);
            FloatVector r3 = FloatVector.fromArray(SPECIES, slab, at + 3 * LANES);
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
        a0.intoArray(sums, to);
        a1.intoArray(sums, to + LANES);
        a2.intoArray(sums, to + 2 * LANES);
        a3.intoArray(sums, to + 3 * LANES);
        b0.intoArray(sums, to + ROWS);
        b1.intoArray(sums, to + ROWS + LANES);
        b2.intoArray(sums, to + ROWS + 2 * LANES);
        b3.intoArray(sums, to + ROWS + 3 * LANES);
        c0.intoArray(sums, to + 2 * ROWS);
        c1.intoArray(sums, to + 2 * ROWS + LANES);
        c2.intoArray(sums, to + 2 * ROWS + 2 * LANES);
        c3.intoArray(sums, to + 2 * ROWS + 3 * LANES);
        d0.intoArray(sums, to + 3 * ROWS);
        d1.intoArray(sums, to + 3 * ROWS + LANES);
        d2.intoArray(sums, to + 3 * ROWS + 2 * LANES);
        d3.intoArray(sums, to + 3 * ROWS + 3 * LANES);
    }

    /** Two registers of documents, from {@code row} on. */
    private static void narrowTile(
            float[] slab,
            int row,
            int dimensions,
            float[] queries,
            int from,
            float[] sums,
            int to) {
        FloatVector a0 = FloatVector.fromArray(SPECIES, sums, to);
        FloatVector a1 = FloatVector.fromArray(SPECIES, sums, to + LANES);
        FloatVector b0 = FloatVector.fromArray(SPECIES, sums, to + ROWS);
        FloatVector b1 = FloatVector.fromArray(SPECIES, sums, to + ROWS + LANES);
        FloatVector c0 = FloatVector.fromArray(SPECIES, sums, to + 2 * ROWS);
        FloatVector c1 = FloatVector.fromArray(SPECIES, sums, to + 2 * ROWS + LANES);
        FloatVector d0 = FloatVector.fromArray(SPECIES, sums, to + 3 * ROWS);
        FloatVector d1 = FloatVector.fromArray(SPECIES, sums, to + 3 * ROWS + LANES);
        for (int d = 0; d < dimensions; d++) {
            int at = d * ROWS + row;
            FloatVector r0 = FloatVector.fromArray(SPECIES, slab, at);
            FloatVector r1 = FloatVector.fromArray(SPECIES, slab, at + LANES);
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
        a0.intoArray(sums, to);
        a1.intoArray(sums, to + LANES);
        b0.intoArray(sums, to + ROWS);
        b1.intoArray(sums, to + ROWS + LANES);
        c0.intoArray(sums, to + 2 * ROWS);
        c1.intoArray(sums, to + 2 * ROWS + LANES);
        d0.intoArray(sums, to + 3 * ROWS);
        d1.intoArray(sums, to + 3 * ROWS + LANES);
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
