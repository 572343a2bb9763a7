package io.ralmspec.decoding;

import java.util.Locale;

/** Why an answer ended. */
public enum FinishReason {
    /** An end token or a stop text. */
    STOP,
    /** {@code max_tokens} or the model's context. */
    LENGTH,
    CANCELLED,
    DEADLINE,
    ERROR;

    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
