package io.ralmspec.knowledge;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A fixed pool that splits one call into items. The calling thread works too and waits only for
 * items that someone has started, so a busy pool slows a call down but never blocks it. Owned by
 * one {@link FileKnowledgeBase}. Thread-safe.
 */
final class SearchPool implements AutoCloseable {
    /** Does one item with the state of the thread that runs it. */
    @FunctionalInterface
    interface Task<S> {
        void run(S state, int item);
    }

    private final int threads;
    private final @Nullable ExecutorService helpers;

    /**
     * @param threads at least 1, the caller's included
     */
    SearchPool(int threads, String name) {
        this.threads = threads;
        AtomicInteger number = new AtomicInteger();
        helpers =
                threads == 1
                        ? null
                        : Executors.newFixedThreadPool(
                                threads - 1,
                                runnable -> {
                                    Thread thread =
                                            new Thread(
                                                    runnable,
                                                    name + "-" + number.incrementAndGet());
                                    thread.setDaemon(true);
                                    return thread;
                                });
    }

    int threads() {
        return threads;
    }

    /**
     * Runs items 0 to {@code items - 1}, in any order, and returns the states of the threads that
     * took part. The first failure is thrown again here. An interrupt is kept for the caller: items
     * are short.
     */
    <S> List<S> run(int items, Supplier<S> newState, Task<S> task) {
        Job<S> job = new Job<>(items, newState, task);
        if (helpers != null) {
            try {
                for (int i = 1; i < Math.min(threads, items); i++) {
                    helpers.execute(job);
                }
            } catch (RejectedExecutionException e) {
                // Closing: the caller does what is left.
            }
        }
        job.run();
        return job.await();
    }

    @Override
    public void close() {
        if (helpers != null) {
            helpers.shutdown();
        }
    }

    private static final class Job<S> implements Runnable {
        private final int items;
        private final Supplier<S> newState;
        private final Task<S> task;
        private final AtomicInteger next = new AtomicInteger();
        private final CountDownLatch open;
        private final Queue<S> states = new ConcurrentLinkedQueue<>();
        private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

        Job(int items, Supplier<S> newState, Task<S> task) {
            this.items = items;
            this.newState = newState;
            this.task = task;
            open = new CountDownLatch(items);
        }

        @Override
        public void run() {
            int item = next.getAndIncrement();
            if (item >= items) {
                return;
            }
            S state = null;
            for (; item < items; item = next.getAndIncrement()) {
                try {
                    if (failure.get() == null) {
                        if (state == null) {
                            state = newState.get();
                            states.add(state);
                        }
                        task.run(state, item);
                    }
                } catch (RuntimeException | Error e) {
                    failure.compareAndSet(null, e);
                } finally {
                    open.countDown();
                }
            }
        }

        List<S> await() {
            boolean interrupted = false;
            while (true) {
                try {
                    open.await();
                    break;
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
            Throwable thrown = failure.get();
            if (thrown instanceof Error error) {
                throw error;
            } else if (thrown instanceof RuntimeException exception) {
                throw exception;
            }
            return new ArrayList<>(states);
        }
    }
}
