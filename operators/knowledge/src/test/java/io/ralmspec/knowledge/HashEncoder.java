package io.ralmspec.knowledge;

import io.ralmspec.decoding.DocumentEncoder;
import io.ralmspec.decoding.QueryEncoder;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * An encoder without a model: each word has a fixed random direction, a text is their sum. Texts
 * that share words are near each other, equal texts are equal.
 */
final class HashEncoder implements DocumentEncoder, QueryEncoder {
    private final int dimension;
    private final String fingerprint;
    private int encoded;
    private int failAfter = Integer.MAX_VALUE;

    HashEncoder(int dimension) {
        this(dimension, "hash-" + dimension);
    }

    HashEncoder(int dimension, String fingerprint) {
        this.dimension = dimension;
        this.fingerprint = fingerprint;
    }

    /** Throws once so many documents are encoded, as if the process had been stopped. */
    HashEncoder failingAfter(int documents) {
        failAfter = documents;
        return this;
    }

    int encoded() {
        return encoded;
    }

    @Override
    public int dimension() {
        return dimension;
    }

    @Override
    public String fingerprint() {
        return fingerprint;
    }

    @Override
    public float[][] encodeDocuments(List<String> texts) {
        if (encoded + texts.size() > failAfter) {
            throw new IllegalStateException("stopped");
        }
        encoded += texts.size();
        return texts.stream().map(this::encode).toArray(float[][]::new);
    }

    @Override
    public float[] encode(String text) {
        double[] sum = new double[dimension];
        for (String word : text.toLowerCase(Locale.ROOT).split("\\W+")) {
            Random random = new Random(word.hashCode() * 31L + dimension);
            for (int d = 0; d < dimension; d++) {
                sum[d] += random.nextGaussian();
            }
        }
        double squares = 0;
        for (double value : sum) {
            squares += value * value;
        }
        float[] vector = new float[dimension];
        for (int d = 0; d < dimension; d++) {
            vector[d] = (float) (sum[d] / Math.sqrt(squares));
        }
        return vector;
    }
}
