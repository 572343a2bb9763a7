package io.ralmspec.model;

import java.util.concurrent.atomic.AtomicBoolean;

/** Tells callers that a language model has one thread at a time, and none once it is closed. */
final class OneThread {
    private final AtomicBoolean busy = new AtomicBoolean();
    private boolean closed;

    /**
     * {@link #leave} afterwards.
     *
     * @throws IllegalStateException if another thread is in, or it is closed
     */
    void enter() {
        if (!enterOrClosed()) {
            leave();
            throw new IllegalStateException("the language model is closed");
        }
    }

    void leave() {
        busy.set(false);
    }

    /** Runs {@code release} the first time. */
    void close(Runnable release) {
        boolean open = enterOrClosed();
        try {
            if (open) {
                closed = true;
                release.run();
            }
        } finally {
            leave();
        }
    }

    private boolean enterOrClosed() {
        if (!busy.compareAndSet(false, true)) {
            throw new IllegalStateException(
                    "the language model is used by two threads at once; give it one");
        }
        return !closed;
    }
}
