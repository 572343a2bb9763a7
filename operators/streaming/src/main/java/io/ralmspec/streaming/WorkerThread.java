package io.ralmspec.streaming;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A daemon thread that runs a body again and again, whatever the body throws, until the body says
 * it is done.
 */
final class WorkerThread {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerThread.class);

    /** A hanging search must not keep a task from being cancelled. */
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(20);

    /** One turn of the loop. */
    @FunctionalInterface
    interface Body {
        /** Returns false to end the thread. */
        boolean run() throws InterruptedException;
    }

    private final Thread thread;

    private WorkerThread(Thread thread) {
        this.thread = thread;
    }

    static WorkerThread start(String name, Body body) {
        return new WorkerThread(Thread.ofPlatform().name(name).daemon().start(() -> loop(body)));
    }

    /**
     * Asks the body to be done and waits for it; an interrupt is kept for the caller.
     *
     * @throws IllegalStateException if the body is still running after {@link #STOP_TIMEOUT}: what
     *     it uses must then stay open
     */
    void stop(Runnable ask) {
        ask.run();
        boolean interrupted = false;
        long end = System.nanoTime() + STOP_TIMEOUT.toNanos();
        while (thread.isAlive() && System.nanoTime() < end) {
            try {
                thread.join(Duration.ofNanos(Math.max(1, end - System.nanoTime())));
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (thread.isAlive()) {
            throw new IllegalStateException(
                    "thread %s must stop within %s (still running)"
                            .formatted(thread.getName(), STOP_TIMEOUT));
        }
    }

    private static void loop(Body body) {
        boolean running = true;
        while (running) {
            try {
                running = body.run();
            } catch (InterruptedException e) {
                // Nobody here interrupts the worker; a library that does must not end it.
                LOG.debug("Worker thread was interrupted", e);
            } catch (Throwable e) { // one piece of work must not end the others
                LOG.error(
                        "Worker thread goes on after an error that nobody handled",
                        LoggedFailure.of(e));
            }
        }
    }
}
