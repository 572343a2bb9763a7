package io.ralmspec.decoding;

/** An answer and the record it answers. */
public record AnswerRecord(Origin origin, Answer answer) {}
