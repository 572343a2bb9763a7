package io.ralmspec.job.load;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.DecodingRequest;
import java.time.Duration;

/** What is put under load, and the clock that times it. Used by one thread. */
interface LoadTarget {
    /** As {@link System#nanoTime}. */
    long nanoTime();

    /** Sends without waiting for anything; a failure comes later, through {@link #receive}. */
    void submit(DecodingRequest request);

    /** Tells the job that nobody waits for this request any more. */
    void cancel(String id);

    /** Waits for something to come, not longer than this, and passes on all that has. */
    void receive(Duration wait, Listener listener);

    /** Sees what came, with the time at which it did. It may belong to earlier requests. */
    interface Listener {
        void answered(Answer answer, long nanos);

        /** A part of the text of a streamed answer. */
        void text(String id, long nanos);

        /** The request did not reach Kafka. */
        void unsent(String id, long nanos);
    }
}
