package io.ralmspec.knowledge;

import io.ralmspec.decoding.Tokenizer;
import io.ralmspec.decoding.knnlm.KeyEncoder;
import java.util.Random;

/**
 * A model whose key is a hash of every token of its window so far, and a tokenizer of characters.
 */
final class ScriptedKeys implements KeyEncoder, Tokenizer {
    private final int dimension;
    private final int windowTokens;
    private final String fingerprint;
    private int failAfter = Integer.MAX_VALUE;
    private int windows;

    ScriptedKeys(int dimension, int windowTokens, String fingerprint) {
        this.dimension = dimension;
        this.windowTokens = windowTokens;
        this.fingerprint = fingerprint;
    }

    /** Throws once so many windows are done, as if the process had been stopped. */
    ScriptedKeys failingAfter(int count) {
        failAfter = count;
        return this;
    }

    int windows() {
        return windows;
    }

    @Override
    public int dimension() {
        return dimension;
    }

    @Override
    public int windowTokens() {
        return windowTokens;
    }

    @Override
    public String fingerprint() {
        return fingerprint;
    }

    @Override
    public float[][] keys(int[] window) {
        if (window.length < 1 || window.length > windowTokens) {
            throw new IllegalArgumentException("window of " + window.length);
        }
        if (windows >= failAfter) {
            throw new IllegalStateException("stopped");
        }
        windows++;
        float[][] keys = new float[window.length][];
        long state = 17;
        for (int i = 0; i < window.length; i++) {
            state = state * 1_000_003 + window[i];
            keys[i] = key(state);
        }
        return keys;
    }

    private float[] key(long seed) {
        Random random = new Random(seed);
        float[] key = new float[dimension];
        for (int d = 0; d < dimension; d++) {
            key[d] = (float) random.nextGaussian();
        }
        return key;
    }

    @Override
    public int[] encode(String text) {
        return text.chars().toArray();
    }

    @Override
    public String decode(int[] tokens) {
        return new String(tokens, 0, tokens.length);
    }
}
