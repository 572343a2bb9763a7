package io.ralmspec.decoding;

/**
 * What the language model continues: the document, then {@code tokens}.
 *
 * @param sequence names the request, so that a model may keep work done for it; never changes the
 *     result
 * @param document ordinal of the prepended document, or -1 for none
 * @param tokens prompt and generated tokens, at least one
 */
public record Context(String sequence, int document, int[] tokens) {}
