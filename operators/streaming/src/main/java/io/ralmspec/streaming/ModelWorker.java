package io.ralmspec.streaming;

import io.ralmspec.decoding.Command;
import io.ralmspec.decoding.ErrorCode;
import io.ralmspec.decoding.Event;
import io.ralmspec.decoding.LanguageModel;
import io.ralmspec.decoding.ModelSteps;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that runs a language model, for all subtasks of a JVM.
 *
 * <p>Order: by arrival, but work on verified contexts (prompts and first steps) has a head start
 * over speculation, and shallow speculation over deep. The head start is bounded: however much
 * verified work keeps coming, a deep step runs at last, and its request goes on. The queue is
 * bounded by the heads' admission: a request has at most one step out.
 *
 * <p><i>Owns:</i> the thread, not the model. <i>Lifecycle:</i> from the first to the last lease of
 * a {@link SharedServing}. <i>Threading:</i> {@link Client}s are called by task threads; their
 * callbacks run on the worker's thread.
 */
final class ModelWorker implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ModelWorker.class);
    private static final int ATTEMPTS = 2;

    /** Later arrivals that a step may let pass for each step before it in its round. */
    static final int HEAD_START = 64;

    /** Takes an event for a sequence. Called on the worker's thread. */
    @FunctionalInterface
    interface Callback {
        void completed(String sequence, Event event);
    }

    /** In the order in which they run whenever they came. */
    private enum Kind {
        STOP,
        RELEASE,
        STEP
    }

    /**
     * @param step position in its round; 0 for all that is no speculation
     */
    private record Task(
            Kind kind, int step, long arrival, Client client, String sequence, Runnable work)
            implements Comparable<Task> {
        private static final Comparator<Task> ORDER =
                Comparator.comparing(Task::kind)
                        .thenComparingLong(Task::turn)
                        .thenComparingLong(Task::arrival);

        private long turn() {
            return arrival + (long) HEAD_START * step;
        }

        @Override
        public int compareTo(Task other) {
            return ORDER.compare(this, other);
        }
    }

    private final LanguageModel model;
    private final ModelSteps steps;
    private final BlockingQueue<Task> tasks = new PriorityBlockingQueue<>();
    private final AtomicLong arrivals = new AtomicLong();
    private final WorkerThread thread;

    ModelWorker(LanguageModel model, ModelSteps steps) {
        this.model = model;
        this.steps = steps;
        this.thread = WorkerThread.start("ralmspec-model", this::runNext);
    }

    Client client(Callback callback) {
        return new Client(callback);
    }

    /** Drops what waits, and returns when the running step has ended and the model is free. */
    @Override
    public void close() {
        tasks.clear();
        thread.stop(() -> add(Kind.STOP, 0, new Client((sequence, event) -> {}), "", () -> {}));
    }

    /** One head operator's access to the worker. Called by its task thread only. */
    final class Client implements AutoCloseable {
        private final Callback callback;
        private final Set<String> sequences = new HashSet<>();
        private volatile boolean closed;

        private Client(Callback callback) {
            this.callback = callback;
        }

        /** Answers with an {@link Event.Prepared}, or an {@link Event.Failed} of this epoch. */
        void prepare(int epoch, Command.Prepare command) {
            submit(0, command.sequence(), epoch, () -> steps.prepare(command));
        }

        /** Answers with an {@link Event.Generated}, or an {@link Event.Failed}. */
        void generate(Command.Generate command) {
            submit(
                    command.step(),
                    command.context().sequence(),
                    command.epoch(),
                    () -> steps.generate(command));
        }

        /** Drops the sequence's waiting work and forgets what the model keeps for it. */
        void release(String sequence) {
            if (!sequences.remove(sequence)) {
                return;
            }
            tasks.removeIf(
                    task ->
                            task.client() == this
                                    && task.kind() == Kind.STEP
                                    && task.sequence().equals(sequence));
            add(Kind.RELEASE, 0, this, sequence, () -> model.release(sequence));
        }

        /** Releases every sequence; nothing is called back any more. */
        @Override
        public void close() {
            closed = true;
            List.copyOf(sequences).forEach(this::release);
        }

        private void submit(int step, String sequence, int epoch, Supplier<Event> action) {
            long submitted = System.nanoTime();
            sequences.add(sequence);
            add(
                    Kind.STEP,
                    step,
                    this,
                    sequence,
                    () -> {
                        Event event = attempt(sequence, epoch, action);
                        if (!closed) {
                            double seconds = (System.nanoTime() - submitted) / 1e9;
                            callback.completed(sequence, ModelSteps.timed(event, seconds));
                        }
                    });
        }
    }

    private void add(Kind kind, int step, Client client, String sequence, Runnable work) {
        tasks.add(new Task(kind, step, arrivals.getAndIncrement(), client, sequence, work));
    }

    private boolean runNext() throws InterruptedException {
        Task task = tasks.take();
        if (task.kind() == Kind.STOP) {
            return false;
        }
        task.work().run();
        return true;
    }

    private Event attempt(String sequence, int epoch, Supplier<Event> step) {
        Throwable failure = null;
        for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
            try {
                return step.get();
            } catch (Throwable e) { // an Error must reach the request too, not end the thread
                LOG.warn(
                        "The language model failed on request {} (attempt {} of {})",
                        sequence,
                        attempt,
                        ATTEMPTS,
                        e);
                failure = e;
                forget(sequence);
            }
        }
        String kind = failure == null ? "" : failure.getClass().getSimpleName();
        return new Event.Failed(
                epoch,
                ErrorCode.MODEL_FAILED,
                "the language model failed %d times (%s): see the log for request %s"
                        .formatted(ATTEMPTS, kind, sequence));
    }

    /** The next attempt starts from nothing that the failed one may have left half done. */
    private void forget(String sequence) {
        try {
            model.release(sequence);
        } catch (RuntimeException e) {
            LOG.warn("The language model failed to release request {}", sequence, e);
        }
    }
}
