package io.ralmspec.decoding;

/** How a request is decoded; both modes give the same tokens. */
public enum DecodingMode {
    /** One knowledge base call per generation stride, each waited for. */
    BASELINE,
    /** Guess from the speculation cache, verify many guesses in one call. */
    SPECULATIVE
}
