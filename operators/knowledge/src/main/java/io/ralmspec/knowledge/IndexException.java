package io.ralmspec.knowledge;

import org.jspecify.annotations.Nullable;

/** An index can't be opened or built. The message says which, why, and what to do. */
public final class IndexException extends RuntimeException {
    private static final long serialVersionUID = 1;

    IndexException(String message) {
        super(message);
    }

    IndexException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
