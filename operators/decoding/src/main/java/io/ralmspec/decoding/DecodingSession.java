package io.ralmspec.decoding;

/** Everything that must survive of a request in flight, whichever way it decodes. */
public interface DecodingSession {
    DecodingRequest request();

    /** When the request was received. */
    long receivedMillis();

    Phase phase();

    /** What is verified. */
    Transcript transcript();

    /** What it learnt of costs, which sessions like it start from. */
    Estimates estimates();

    Counters counters();

    /** The same session, over. */
    DecodingSession ended();

    /** The versioned bytes that go into state. */
    byte[] toBytes();

    default boolean finished() {
        return phase() == Phase.FINISHED;
    }
}
