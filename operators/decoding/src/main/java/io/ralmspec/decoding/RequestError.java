package io.ralmspec.decoding;

/**
 * An error as the sender sees it.
 *
 * @param field the field at fault, or empty
 * @param message name, bound, value got, what to do; never prompt or document text
 */
public record RequestError(ErrorCode code, String field, String message) {}
