package io.ralmspec.decoding;

/** A record that can't be answered, with its original bytes in {@code origin}. */
public record DeadLetter(Origin origin, RequestError error) {}
