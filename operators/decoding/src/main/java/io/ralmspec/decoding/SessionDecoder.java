package io.ralmspec.decoding;

/**
 * A way to decode, as a pure state machine: a session and what happens go in, the new session and
 * what to do now come out. Time comes in as numbers. Thread-safe.
 *
 * @param <S> its sessions
 */
public interface SessionDecoder<S extends DecodingSession> {
    /**
     * Starts a submitted session.
     *
     * @param expected what sessions like it cost lately
     */
    Transition<S> start(S submitted, Estimates expected, long nowMillis);

    /** One event. A stale one changes nothing and returns the state itself. */
    Transition<S> step(S state, SessionEvent event, long nowMillis);

    /** Ends a session with an error and what is verified of its answer, whatever it waits for. */
    Transition<S> abort(S state, ErrorCode code, String message, long nowMillis);

    /**
     * Takes a stored session up again: what it waits for is asked for again. One that was started
     * on another knowledge base begins anew, or, if some of its text was sent already, ends with an
     * error.
     */
    Transition<S> resume(S state, long nowMillis);
}
