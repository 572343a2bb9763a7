package io.ralmspec.knowledge;

import java.util.function.IntFunction;

/**
 * What makes a vector a good hit. Scores are such that more is better, so a distance is returned
 * negated. The block, the single-row and the plain computation of one score give the same bits.
 */
enum Metric {
    INNER_PRODUCT {
        @Override
        void score(
                ScoreKernel kernel,
                float[] block,
                int dimension,
                float[] queries,
                int queriesFrom,
                int count,
                float[] scores,
                float[] maxima) {
            kernel.score(block, dimension, queries, queriesFrom, count, scores, maxima);
        }

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
        void score(
                ScoreKernel kernel,
                float[] block,
                int dimension,
                float[] queries,
                int queriesFrom,
                int count,
                float[] scores,
                float[] maxima) {
            kernel.distances(block, dimension, queries, queriesFrom, count, scores, maxima);
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

    /** As {@link ScoreKernel#score} says. */
    abstract void score(
            ScoreKernel kernel,
            float[] block,
            int dimension,
            float[] queries,
            int queriesFrom,
            int count,
            float[] scores,
            float[] maxima);

    /** {@code result[i]} belongs to {@code documents[i]}. */
    abstract float[] score(float[] query, int[] documents, IntFunction<float[]> rows);

    /** As {@link ScoreKernel#guide} says. */
    abstract float guide(ScoreKernel kernel, float[] first, float[] second);
}
