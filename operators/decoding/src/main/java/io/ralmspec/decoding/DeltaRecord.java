package io.ralmspec.decoding;

/** Verified text and the record it belongs to. */
public record DeltaRecord(Origin origin, Delta delta) {}
