package io.ralmspec.job.bench;

import io.ralmspec.decoding.SessionCommand;
import io.ralmspec.decoding.SessionEvent;

/**
 * Runs what sessions command, and has the clock. Results come back through {@link #next}, as events
 * whose seconds are from the command to its result. Used by one thread.
 */
interface Machine extends AutoCloseable {
    /** An event for a session, which may be over. */
    record Result(String id, SessionEvent event) {}

    /**
     * Starts what a session wants from a model or a knowledge base. A step takes the place of the
     * session's step before.
     *
     * @throws IllegalArgumentException for a command of a way to decode that this machine does not
     *     have
     */
    void run(String id, SessionCommand command);

    /** Forgets a session: what waits is dropped, what runs may still report. */
    void release(String id);

    /** The next result; waits for it. */
    Result next() throws InterruptedException;

    /** Waits until nothing runs any more, and drops the results. Nothing waits by then. */
    void settle() throws InterruptedException;

    /** Searches so far; one may answer several sessions. */
    long searches();

    /** Seconds since some moment. */
    double seconds();

    @Override
    void close() throws Exception;
}
