package io.ralmspec.decoding;

import java.util.Arrays;
import java.util.Optional;

/**
 * When a document is looked up, and what its tokens are for. The wire name is what requests say.
 */
public enum RetrievalScheme {
    /** After every generation stride (paper: naive iterative RaLM). */
    EVERY_STRIDE("every-stride"),
    /**
     * Twice per stride: a stride is drafted, looked up with, thrown away, and generated again with
     * the document found (Iter-RetGen with two iterations per stride).
     */
    ITER_RETGEN("iter-retgen"),
    /**
     * After strides with a token that the model was not sure of; others keep their document
     * (FLARE-style, confidence-triggered).
     */
    FLARE("flare");

    private final String wireName;

    RetrievalScheme(String wireName) {
        this.wireName = wireName;
    }

    public String wireName() {
        return wireName;
    }

    public static Optional<RetrievalScheme> ofWireName(String name) {
        return Arrays.stream(values()).filter(scheme -> scheme.wireName.equals(name)).findFirst();
    }
}
