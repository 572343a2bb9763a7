package io.ralmspec.knowledge;

/** The kernel in plain Java: what runs where the incubator Vector API is not switched on. */
final class PlainKernel implements ScoreKernel {
    @Override
    public String name() {
        return "plain";
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
        for (int q = 0; q < count; q++) {
            int to = sumsFrom + q * VectorFile.ROWS;
            for (int d = 0; d < dimensions; d++) {
                float factor = queries[queriesFrom + d * QUERIES + q];
                int from = d * VectorFile.ROWS;
                for (int row = 0; row < VectorFile.ROWS; row++) {
                    sums[to + row] = Math.fma(slab[from + row], factor, sums[to + row]);
                }
            }
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
        for (int q = 0; q < count; q++) {
            int to = sumsFrom + q * VectorFile.ROWS;
            for (int d = 0; d < dimensions; d++) {
                float wanted = queries[queriesFrom + d * QUERIES + q];
                int from = d * VectorFile.ROWS;
                for (int row = 0; row < VectorFile.ROWS; row++) {
                    float difference = slab[from + row] - wanted;
                    sums[to + row] = Math.fma(difference, difference, sums[to + row]);
                }
            }
        }
    }

    @Override
    public float maximum(float[] values, int from) {
        float maximum = Float.NEGATIVE_INFINITY;
        for (int i = from; i < from + VectorFile.ROWS; i++) {
            maximum = Math.max(maximum, values[i]);
        }
        return maximum;
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
