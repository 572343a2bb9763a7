package io.ralmspec.kafka;

import io.ralmspec.decoding.Delta;

/** Reads what {@link DeltaSerializer} wrote; ignores fields it does not know. */
public final class DeltaReader {
    private DeltaReader() {}

    /**
     * @throws IllegalArgumentException if this is no delta
     */
    public static Delta read(byte[] value) {
        JsonFields delta = JsonFields.of(value);
        return new Delta(
                delta.text("id"),
                delta.integer("sequence"),
                delta.text("text"),
                delta.bool("last"));
    }
}
