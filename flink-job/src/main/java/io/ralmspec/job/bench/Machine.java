package io.ralmspec.job.bench;

import io.ralmspec.decoding.Command;
import io.ralmspec.decoding.Event;

/**
 * Runs what sessions command, and has the clock. Results come back through {@link #next}, as events
 * whose seconds are from the command to its result. Used by one thread.
 */
interface Machine extends AutoCloseable {
    /** An event for a session, which may be over. */
    record Result(String id, Event event) {}

    void prepare(Command.Prepare command);

    /** Takes the place of the session's step before. */
    void generate(Command.Generate command);

    void verify(String id, Command.Verify command);

    /** Forgets a session: what waits is dropped, what runs may still report. */
    void release(String id);

    /** The next result; waits for it. */
    Result next() throws InterruptedException;

    /** Waits until nothing runs any more, and drops the results. Nothing waits by then. */
    void settle() throws InterruptedException;

    /** Seconds since some moment. */
    double seconds();

    @Override
    void close() throws Exception;
}
