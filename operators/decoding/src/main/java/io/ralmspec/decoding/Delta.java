package io.ralmspec.decoding;

/**
 * Verified text as it grows. All deltas of a request, in order of sequence, make up its answer.
 *
 * @param sequence 0, 1, 2, ...
 * @param last whether this is the final one
 */
public record Delta(String id, int sequence, String text, boolean last) {}
