package io.ralmspec.knowledge;

import java.util.Arrays;

/** The kernel in plain Java: what runs where the incubator Vector API is not switched on. */
final class PlainKernel implements ScoreKernel {
    @Override
    public String name() {
        return "plain";
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
        float[] sums = new float[VectorFile.ROWS];
        for (int q = 0; q < count; q++) {
            Arrays.fill(sums, 0f);
            for (int d = 0; d < dimension; d++) {
                float factor = queries[queriesFrom + d * QUERIES + q];
                int from = d * VectorFile.ROWS;
                for (int row = 0; row < VectorFile.ROWS; row++) {
                    sums[row] = Math.fma(block[from + row], factor, sums[row]);
                }
            }
            finish(sums, q, scores, maxima);
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
        float[] sums = new float[VectorFile.ROWS];
        for (int q = 0; q < count; q++) {
            Arrays.fill(sums, 0f);
            for (int d = 0; d < dimension; d++) {
                float wanted = queries[queriesFrom + d * QUERIES + q];
                int from = d * VectorFile.ROWS;
                for (int row = 0; row < VectorFile.ROWS; row++) {
                    float difference = block[from + row] - wanted;
                    sums[row] = Math.fma(difference, difference, sums[row]);
                }
            }
            for (int row = 0; row < VectorFile.ROWS; row++) {
                sums[row] = -sums[row];
            }
            finish(sums, q, scores, maxima);
        }
    }

    private static void finish(float[] sums, int query, float[] scores, float[] maxima) {
        float maximum = Float.NEGATIVE_INFINITY;
        for (float sum : sums) {
            maximum = Math.max(maximum, sum);
        }
        maxima[query] = maximum;
        System.arraycopy(sums, 0, scores, query * VectorFile.ROWS, VectorFile.ROWS);
    }

    @Override
    public float guide(float[] first, float[] second) {
        float[] lanes = new float[GUIDE_LANES];
        for (int d = 0; d < first.length; d++) {
            int lane = d % GUIDE_LANES;
            lanes[lane] = Math.fma(first[d], second[d], lanes[lane]);
        }
        return ScoreKernel.fold(lanes);
    }

    @Override
    public float guideDistance(float[] first, float[] second) {
        float[] lanes = new float[GUIDE_LANES];
        for (int d = 0; d < first.length; d++) {
            float difference = first[d] - second[d];
            int lane = d % GUIDE_LANES;
            lanes[lane] = Math.fma(difference, difference, lanes[lane]);
        }
        return -ScoreKernel.fold(lanes);
    }
}
