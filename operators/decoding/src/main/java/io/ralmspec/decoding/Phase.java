package io.ralmspec.decoding;

/** Where a session is. */
public enum Phase {
    /** Waits to be started. */
    SUBMITTED,
    /** Waits for {@link Event.Prepared}. */
    PREPARING,
    /** Generates and verifies. */
    DECODING,
    /** Over. */
    FINISHED
}
