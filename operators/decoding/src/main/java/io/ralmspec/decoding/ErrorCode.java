package io.ralmspec.decoding;

import java.util.Locale;

/** Why a request was refused or failed. Counted by code. */
public enum ErrorCode {
    INVALID_JSON,
    MISSING_FIELD,
    INVALID_FIELD,
    UNSUPPORTED_FIELD,
    UNKNOWN_RETRIEVER,
    REQUEST_TOO_LARGE,
    PROMPT_TOO_LONG,
    DUPLICATE_ID,
    UNKNOWN_ID,
    OVERLOADED,
    RETRIEVAL_FAILED,
    KNOWLEDGE_BASE_CHANGED,
    MODEL_FAILED,
    ANSWER_TOO_LARGE;

    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
