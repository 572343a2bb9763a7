package io.ralmspec.decoding;

/**
 * One lookup. Encoded once; the same vector goes to the speculation cache and to the knowledge
 * base.
 *
 * @param vector the query's embedding; length 0 for sparse retrieval
 */
public record Query(String text, float[] vector) {}
