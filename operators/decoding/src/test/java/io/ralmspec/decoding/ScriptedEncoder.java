package io.ralmspec.decoding;

import java.util.List;
import java.util.regex.Pattern;

/** Counts words in a few buckets: small integers, so that scores are exact and often tie. */
public final class ScriptedEncoder implements QueryEncoder, DocumentEncoder {
    static final int DIMENSION = 6;

    static final Pattern WHITESPACE = Pattern.compile("\\s+");

    @Override
    public float[] encode(String text) {
        float[] vector = new float[DIMENSION];
        for (String word : WHITESPACE.split(text)) {
            vector[Math.floorMod(word.hashCode() * 31, DIMENSION)]++;
        }
        return vector;
    }

    @Override
    public int dimension() {
        return DIMENSION;
    }

    @Override
    public String fingerprint() {
        return "scripted";
    }

    @Override
    public float[][] encodeDocuments(List<String> texts) {
        return texts.stream().map(this::encode).toArray(float[][]::new);
    }
}
