package io.ralmspec.decoding;

/**
 * The document behind some generated tokens.
 *
 * @param documentId the document's id in its corpus
 * @param fromToken first generated token it conditioned, counted from 0
 * @param toToken one past the last
 */
public record Source(String documentId, String title, float score, int fromToken, int toToken) {}
