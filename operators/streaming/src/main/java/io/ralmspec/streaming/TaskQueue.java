package io.ralmspec.streaming;

import java.util.Comparator;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What waits for the model, in the order that {@link ModelWorker} describes. Filled by any thread,
 * emptied by the worker's.
 */
final class TaskQueue {
    /** In the order in which they run whenever they came. */
    enum Kind {
        STOP,
        RELEASE,
        STEP
    }

    /**
     * @param depth unverified lookups that it builds on; 0 for all that is no speculation
     * @param cancelled set once nobody wants it any more
     */
    record Task(Kind kind, int depth, long arrival, AtomicBoolean cancelled, Runnable work)
            implements Comparable<Task> {
        private static final Comparator<Task> ORDER =
                Comparator.comparing(Task::kind)
                        .thenComparingLong(Task::turn)
                        .thenComparingLong(Task::arrival);

        private long turn() {
            return arrival + (long) ModelWorker.HEAD_START * depth;
        }

        @Override
        public int compareTo(Task other) {
            return ORDER.compare(this, other);
        }
    }

    private final PriorityBlockingQueue<Task> tasks = new PriorityBlockingQueue<>();
    private final AtomicLong arrivals = new AtomicLong();

    void addStep(int depth, AtomicBoolean cancelled, Runnable work) {
        tasks.add(new Task(Kind.STEP, depth, arrivals.getAndIncrement(), cancelled, work));
    }

    void addRelease(Runnable work) {
        add(Kind.RELEASE, work);
    }

    void addStop() {
        add(Kind.STOP, () -> {});
    }

    private void add(Kind kind, Runnable work) {
        tasks.add(new Task(kind, 0, arrivals.getAndIncrement(), new AtomicBoolean(), work));
    }

    void dropCancelled() {
        tasks.removeIf(task -> task.cancelled().get());
    }

    void clear() {
        tasks.clear();
    }

    /** The next one; waits for it. */
    Task take() throws InterruptedException {
        return tasks.take();
    }

    /**
     * The next one, or null if there is none.
     *
     * @param steps whether steps may run now
     */
    @Nullable Task poll(boolean steps) {
        Task first = tasks.peek();
        if (first == null || !steps && first.kind() == Kind.STEP) {
            return null;
        }
        Task taken = tasks.poll();
        if (taken != null && !steps && taken.kind() == Kind.STEP) {
            // The one seen was cancelled since.
            tasks.add(taken);
            return null;
        }
        return taken;
    }
}
