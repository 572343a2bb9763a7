package io.ralmspec.model;

/** A model or encoder directory cannot be used; the message says what is wrong and what to do. */
public final class InvalidModelException extends RuntimeException {
    InvalidModelException(String message) {
        super(message);
    }

    InvalidModelException(String message, Throwable cause) {
        super(message, cause);
    }
}
