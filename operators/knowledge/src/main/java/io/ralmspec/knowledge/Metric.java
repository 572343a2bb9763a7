package io.ralmspec.knowledge;

import java.util.function.IntFunction;

/**
 * What makes a vector a good hit. Scores are such that more is better, so a distance is returned
 * negated. The block, the single-row and the plain computation of one score give the same bits.
 */
enum Metric {
    INNER_PRODUCT {
        @Override
        void add(
                ScoreKernel kernel,
                float[] slab,
                int dimensions,
                float[] queries,
                int queriesFrom,
                int count,
                float[] sums,
                int sumsFrom) {
            kernel.addProducts(slab, dimensions, queries, queriesFrom, count, sums, sumsFrom);
        }

        @Override
        void toScores(float[] sums, int count) {}

        @Override
        float[] score(float[] query, int[] documents, IntFunction<float[]> rows) {
            return DenseScores.score(query, documents, rows);
        }

        @Override
        float guide(ScoreKernel kernel, float[] first, float[] second) {
            return kernel.guide(first, second);
        }
    },

    /** Minus the squared Euclidean distance. */
    SQUARED_L2 {
        @Override
        void add(
                ScoreKernel kernel,
                float[] slab,
                int dimensions,
                float[] queries,
                int queriesFrom,
                int count,
                float[] sums,
                int sumsFrom) {
            kernel.addSquares(slab, dimensions, queries, queriesFrom, count, sums, sumsFrom);
        }

        @Override
        void toScores(float[] sums, int count) {
            for (int i = 0; i < count; i++) {
                sums[i] = -sums[i];
            }
        }

        @Override
        float[] score(float[] query, int[] documents, IntFunction<float[]> rows) {
            return DenseDistances.score(query, documents, rows);
        }

        @Override
        float guide(ScoreKernel kernel, float[] first, float[] second) {
            return kernel.guideDistance(first, second);
        }
    };

    /** As {@link ScoreKernel#addProducts} says. */
    abstract void add(
            ScoreKernel kernel,
            float[] slab,
            int dimensions,
            float[] queries,
            int queriesFrom,
            int count,
            float[] sums,
            int sumsFrom);

    /** Makes scores of the first {@code count} sums once all dimensions are in. */
    abstract void toScores(float[] sums, int count);

    /** {@code result[i]} belongs to {@code documents[i]}. */
    abstract float[] score(float[] query, int[] documents, IntFunction<float[]> rows);

    /** As {@link ScoreKernel#guide} says. */
    abstract float guide(ScoreKernel kernel, float[] first, float[] second);
}
