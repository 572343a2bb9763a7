package io.ralmspec.knowledge;

import java.util.function.IntFunction;

/**
 * Minus the squared distances of single rows, with the same chain of operations as {@link
 * ScoreKernel#addSquares}, hence to the same bits.
 */
final class DenseDistances {
    private static final int ABREAST = 4;

    private DenseDistances() {}

    /** {@code result[i]} belongs to {@code documents[i]}. */
    static float[] score(float[] query, int[] documents, IntFunction<float[]> rows) {
        float[] scores = new float[documents.length];
        int i = 0;
        for (; i + ABREAST <= documents.length; i += ABREAST) {
            fourAbreast(
                    query,
                    rows.apply(documents[i]),
                    rows.apply(documents[i + 1]),
                    rows.apply(documents[i + 2]),
                    rows.apply(documents[i + 3]),
                    scores,
                    i);
        }
        for (; i < documents.length; i++) {
            scores[i] = score(query, rows.apply(documents[i]));
        }
        return scores;
    }

    static float score(float[] query, float[] row) {
        float sum = 0;
        for (int d = 0; d < query.length; d++) {
            float difference = row[d] - query[d];
            sum = Math.fma(difference, difference, sum);
        }
        return -sum;
    }

    /** One chain waits for its own result at each step; four of them fill the wait. */
    private static void fourAbreast(
            float[] query, float[] a, float[] b, float[] c, float[] d, float[] scores, int at) {
        float sumA = 0;
        float sumB = 0;
        float sumC = 0;
        float sumD = 0;
        for (int i = 0; i < query.length; i++) {
            float wanted = query[i];
            float toA = a[i] - wanted;
            float toB = b[i] - wanted;
            float toC = c[i] - wanted;
            float toD = d[i] - wanted;
            sumA = Math.fma(toA, toA, sumA);
            sumB = Math.fma(toB, toB, sumB);
            sumC = Math.fma(toC, toC, sumC);
            sumD = Math.fma(toD, toD, sumD);
        }
        scores[at] = -sumA;
        scores[at + 1] = -sumB;
        scores[at + 2] = -sumC;
        scores[at + 3] = -sumD;
    }
}
