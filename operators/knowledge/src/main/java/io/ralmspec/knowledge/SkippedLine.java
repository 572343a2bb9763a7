package io.ralmspec.knowledge;

/**
 * A line of the corpus that can't be used.
 *
 * @param line counted from 1, header included
 * @param reason never holds document text
 */
public record SkippedLine(long line, String reason) {}
