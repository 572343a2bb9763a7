package io.ralmspec.decoding;

/** Embeds query text for dense retrieval. Deterministic; thread-safe. */
public interface QueryEncoder {
    /** Unit length, the knowledge base's dimension. */
    float[] encode(String text);
}
