package io.ralmspec.decoding;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** How a request is decoded; both modes give the same tokens. */
public enum DecodingMode {
    /** One knowledge base call per generation stride, each waited for. */
    BASELINE,
    /** Guess from the speculation cache, verify many guesses in one call. */
    SPECULATIVE;

    /** What requests, options and reports say. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static Optional<DecodingMode> ofWireName(String name) {
        return Arrays.stream(values()).filter(mode -> mode.wireName().equals(name)).findFirst();
    }
}
