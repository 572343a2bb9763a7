package io.ralmspec.decoding.knnlm;

/** Makes the keys of a datastore from text; the builder's view of a {@link KeyedLanguageModel}. */
public interface KeyEncoder {
    /** Floats per key, at least 1. */
    int dimension();

    /** Most tokens of one window. */
    int windowTokens();

    /**
     * Names weights, graph and vocabulary. A datastore is searched only with keys of the model that
     * built it. Not empty.
     */
    String fingerprint();

    /**
     * {@code result[i]} is the {@link TokenState#key} after {@code window[0]} to {@code window[i]},
     * with the begin-of-sequence token before them if the model has one. It depends on these tokens
     * alone.
     *
     * @param window 1 to {@link #windowTokens} tokens
     */
    float[][] keys(int[] window);
}
