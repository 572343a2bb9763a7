package io.ralmspec.knowledge;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The tiles of {@link VectorKernel} for squared distances: one subtraction more per multiply-add,
 * and the sum negated. The same rules apply, see there.
 */
final class VectorDistances {
    private static final int ROWS = VectorFile.ROWS;
    private static final int QUERIES = ScoreKernel.QUERIES;
    private static final VectorSpecies<Float> SPECIES = VectorKernel.SPECIES;
    private static final int LANES = SPECIES.length();

    private VectorDistances() {}

    /** All 64 documents at once. */
    static void wideTile(
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
        a0.neg().intoArray(out, 0);
        a1.neg().intoArray(out, LANES);
        a2.neg().intoArray(out, 2 * LANES);
        a3.neg().intoArray(out, 3 * LANES);
        b0.neg().intoArray(out, ROWS);
        b1.neg().intoArray(out, ROWS + LANES);
        b2.neg().intoArray(out, ROWS + 2 * LANES);
        b3.neg().intoArray(out, ROWS + 3 * LANES);
        c0.neg().intoArray(out, 2 * ROWS);
        c1.neg().intoArray(out, 2 * ROWS + LANES);
        c2.neg().intoArray(out, 2 * ROWS + 2 * LANES);
        c3.neg().intoArray(out, 2 * ROWS + 3 * LANES);
        d0.neg().intoArray(out, 3 * ROWS);
        d1.neg().intoArray(out, 3 * ROWS + LANES);
        d2.neg().intoArray(out, 3 * ROWS + 2 * LANES);
        d3.neg().intoArray(out, 3 * ROWS + 3 * LANES);
        for (int q = 0; q < QUERIES; q++) {
            maxima[q] = VectorKernel.maximum(out, q * ROWS, ROWS);
        }
    }

    /** Two registers of documents, from {@code row} on. */
    static void narrowTile(
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
        a0.neg().intoArray(out, row);
        a1.neg().intoArray(out, row + LANES);
        b0.neg().intoArray(out, ROWS + row);
        b1.neg().intoArray(out, ROWS + row + LANES);
        c0.neg().intoArray(out, 2 * ROWS + row);
        c1.neg().intoArray(out, 2 * ROWS + row + LANES);
        d0.neg().intoArray(out, 3 * ROWS + row);
        d1.neg().intoArray(out, 3 * ROWS + row + LANES);
        for (int q = 0; q < QUERIES; q++) {
            float maximum = VectorKernel.maximum(out, q * ROWS + row, 2 * LANES);
            maxima[q] = Math.max(maxima[q], maximum);
        }
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
