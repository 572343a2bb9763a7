package io.ralmspec.decoding;

/** What a session waits for. */
public enum Phase {
    /** To be started. */
    SUBMITTED,
    /** {@link Event.Prepared}. */
    PREPARING,
    /** {@link Event.Verified} for the prompt's query: the first document. */
    RETRIEVING,
    /** {@link Event.Generated}. */
    GENERATING,
    /** {@link Event.Verified} for the queries of a round. */
    VERIFYING,
    /** Nothing. */
    FINISHED
}
