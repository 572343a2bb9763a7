package io.ralmspec.decoding;

/**
 * Generated tokens.
 *
 * @param tokens at least one
 * @param confidence the least probability that the model gave one of these tokens, in [0, 1], at
 *     temperature 1; 0 if it was not asked for
 */
public record Stride(int[] tokens, double confidence) {}
