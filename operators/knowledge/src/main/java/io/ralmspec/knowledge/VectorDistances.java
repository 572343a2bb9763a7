package io.ralmspec.knowledge;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The tiles of {@link VectorKernel} for squared distances: one subtraction more per multiply-add.
 * The same rules apply, see there.
 */
final class VectorDistances {
    private static final int ROWS = VectorFile.ROWS;
    private static final int QUERIES = ScoreKernel.QUERIES;
    private static final VectorSpecies<Float> SPECIES = VectorKernel.SPECIES;
    private static final int LANES = SPECIES.length();

    private VectorDistances() {}

    /** All 64 documents at once. */
    static void wideTile(
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
            FloatVector t = r0.sub(q);
            a0 = t.fma(t, a0);
            t = r1.sub(q);
            a1 = t.fma(t, a1);
            t = r2.sub(q);
            a2 = t.fma(t, a2);
            t = r3.sub(q);
            a3 = t.fma(t, a3);
            q = FloatVector.broadcast(SPECIES, queries[query + 1]);
            t = r0.sub(q);
            b0 = t.fma(t, b0);
            t = r1.sub(q);
            b1 = t.fma(t, b1);
            t = r2.sub(q);
            b2 = t.fma(t, b2);
            t = r3.sub(q);
            b3 = t.fma(t, b3);
            q = FloatVector.broadcast(SPECIES, queries[query + 2]);
            t = r0.sub(q);
            c0 = t.fma(t, c0);
            t = r1.sub(q);
            c1 = t.fma(t, c1);
            t = r2.sub(q);
            c2 = t.fma(t, c2);
            t = r3.sub(q);
            c3 = t.fma(t, c3);
            q = FloatVector.broadcast(SPECIES, queries[query + 3]);
            t = r0.sub(q);
            d0 = t.fma(t, d0);
            t = r1.sub(q);
            d1 = t.fma(t, d1);
            t = r2.sub(q);
            d2 = t.fma(t, d2);
            t = r3.sub(q);
            d3 = t.fma(t, d3);
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
    static void narrowTile(
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
            FloatVector t = r0.sub(q);
            a0 = t.fma(t, a0);
            t = r1.sub(q);
            a1 = t.fma(t, a1);
            q = FloatVector.broadcast(SPECIES, queries[query + 1]);
            t = r0.sub(q);
            b0 = t.fma(t, b0);
            t = r1.sub(q);
            b1 = t.fma(t, b1);
            q = FloatVector.broadcast(SPECIES, queries[query + 2]);
            t = r0.sub(q);
            c0 = t.fma(t, c0);
            t = r1.sub(q);
            c1 = t.fma(t, c1);
            q = FloatVector.broadcast(SPECIES, queries[query + 3]);
            t = r0.sub(q);
            d0 = t.fma(t, d0);
            t = r1.sub(q);
            d1 = t.fma(t, d1);
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

    static float guide(float[] first, float[] second) {
        float[] lanes = new float[ScoreKernel.GUIDE_LANES];
        int whole = first.length / ScoreKernel.GUIDE_LANES * ScoreKernel.GUIDE_LANES;
        for (int lane = 0; lane < ScoreKernel.GUIDE_LANES; lane += LANES) {
            FloatVector sum = FloatVector.zero(SPECIES);
            for (int d = lane; d < whole; d += ScoreKernel.GUIDE_LANES) {
                FloatVector a = FloatVector.fromArray(SPECIES, first, d);
                FloatVector t = a.sub(FloatVector.fromArray(SPECIES, second, d));
                sum = t.fma(t, sum);
            }
            sum.intoArray(lanes, lane);
        }
        for (int d = whole; d < first.length; d++) {
            float difference = first[d] - second[d];
            lanes[d - whole] = Math.fma(difference, difference, lanes[d - whole]);
        }
        return -ScoreKernel.fold(lanes);
    }
}
