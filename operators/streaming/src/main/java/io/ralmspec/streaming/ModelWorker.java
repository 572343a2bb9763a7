package io.ralmspec.streaming;

import io.ralmspec.decoding.Command;
import io.ralmspec.decoding.ErrorCode;
import io.ralmspec.decoding.Event;
import io.ralmspec.decoding.ModelSteps;
import io.ralmspec.decoding.SessionEvent;
import io.ralmspec.decoding.Stride;
import io.ralmspec.decoding.knnlm.KnnCommand;
import io.ralmspec.decoding.knnlm.KnnEvent;
import io.ralmspec.decoding.knnlm.KnnSteps;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that runs language models, for all who decode with them in a JVM. Needs no Flink:
 * the job's subtasks and the benchmark's library engine use it alike.
 *
 * <p>Order: by arrival, but work on verified contexts (prompts, and steps of depth 0) has a head
 * start over speculation, and shallow speculation over deep. The head start is bounded: however
 * much verified work keeps coming, a deep step runs at last, and its request goes on. A sequence
 * has at most one step here: a new one takes the place of the one before it, which is dropped if it
 * waits, and stopped between two tokens if it runs. A running step of another sequence is never
 * stopped for the sake of verified work: it ends within one generation stride. Steps of several
 * sequences run side by side where the model can; a step joins and leaves between any two tokens.
 *
 * <p><i>Owns:</i> the thread, not the models. <i>Lifecycle:</i> close it before the model; in a
 * job, from the first to the last lease of a {@link SharedServing}. <i>Threading:</i> {@link
 * Client}s are called by any thread; their callbacks run on the worker's thread and must not block.
 */
public final class ModelWorker implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ModelWorker.class);
    private static final int ATTEMPTS = 2;

    /** Later arrivals that a step may let pass for each unverified lookup that it builds on. */
    public static final int HEAD_START = 64;

    /** Takes an event for a sequence. Called on the worker's thread. */
    @FunctionalInterface
    public interface Callback {
        /**
         * @param event its seconds are from submission to now, waiting included
         */
        void completed(String sequence, SessionEvent event);
    }

    private final @Nullable ModelSteps steps;
    private final @Nullable KnnSteps knnSteps;
    private final TaskQueue tasks = new TaskQueue();
    private final @Nullable StepBatch batch;
    private final WorkerThread thread;
    private final WorkClock clock = new WorkClock();

    private volatile boolean closed;

    /**
     * @param steps with documents, or null if none are asked for
     * @param knnSteps with neighbours, or null if none are asked for
     */
    public ModelWorker(@Nullable ModelSteps steps, @Nullable KnnSteps knnSteps) {
        this.steps = steps;
        this.knnSteps = knnSteps;
        this.batch = steps == null ? null : new StepBatch(steps.batch());
        this.thread = WorkerThread.start("ralmspec-model", this::runNext);
    }

    /**
     * A new access to the worker, with sequences of its own.
     *
     * @param callback takes the results of all its sequences
     */
    public Client client(Callback callback) {
        return new Client(callback);
    }

    /**
     * Drops what waits, stops the running step between two tokens, and returns when the model is
     * free. Nothing is called back any more.
     *
     * @throws IllegalStateException if the model does not come back: it must then stay open
     */
    @Override
    public void close() {
        closed = true;
        tasks.clear();
        thread.stop(tasks::addStop);
    }

    /**
     * One user's access to the worker: a head operator's, say. A sequence's calls must come one
     * after the other; those of different sequences may come from different threads.
     */
    public final class Client implements AutoCloseable {
        private final Callback callback;

        private final Map<String, SequenceSlots> sequences = new ConcurrentHashMap<>();

        private Client(Callback callback) {
            this.callback = callback;
        }

        /** Answers with an {@link Event.Prepared}, or a {@link SessionEvent.Failed}. */
        public void prepare(Command.Prepare command) {
            submit(
                    command.sequence(),
                    SequenceSlots.Slot.STEP,
                    0,
                    command.epoch(),
                    cancelled -> documents().prepare(command));
        }

        /**
         * Answers with an {@link Event.Generated}, or a {@link SessionEvent.Failed} of this epoch.
         * The sequence's step before it is cancelled: it calls nobody back, unless its result is
         * under way already; the epoch tells.
         */
        public void generate(Command.Generate command) {
            String sequence = command.generation().context().sequence();
            AtomicBoolean cancelled = replace(sequence, SequenceSlots.Slot.STEP);
            Asked asked = new Asked(sequence, command.epoch(), cancelled, callback);
            tasks.addStep(
                    command.depth(), cancelled, () -> batch().add(new BatchedStep(asked, command)));
        }

        /** Answers with a {@link KnnEvent.Prepared}, or a {@link SessionEvent.Failed}. */
        public void prepare(KnnCommand.Prepare command) {
            submit(
                    command.sequence(),
                    SequenceSlots.Slot.STEP,
                    0,
                    command.epoch(),
                    cancelled -> neighbours().prepare(command));
        }

        /** As {@link #generate}, with a {@link KnnEvent.Speculated}. */
        public void speculate(KnnCommand.Speculate command) {
            submit(
                    command.context().sequence(),
                    SequenceSlots.Slot.STEP,
                    command.depth(),
                    command.epoch(),
                    cancelled -> neighbours().speculate(command, () -> over(cancelled)));
        }

        /**
         * Answers with a {@link KnnEvent.Settled}, or a {@link SessionEvent.Failed} of this epoch.
         * The sequence's step goes on beside it; only its settling before this one is cancelled.
         */
        public void settle(KnnCommand.Settle command) {
            submit(
                    command.context().sequence(),
                    SequenceSlots.Slot.SETTLING,
                    0,
                    command.epoch(),
                    cancelled -> neighbours().settle(command));
        }

        /** Runs this on the model's thread, after verified work that was asked for before. */
        public void whenFree(Runnable then) {
            tasks.addStep(0, new AtomicBoolean(), then);
        }

        /**
         * Cancels what the sequence has here and forgets what the model keeps for it, as soon as
         * the model is free. The sequence may begin again.
         */
        public void release(String sequence) {
            SequenceSlots slots = sequences.remove(sequence);
            if (slots != null) {
                slots.clear();
                tasks.addRelease(() -> forget(sequence));
            }
        }

        /** Releases every sequence. No new result is called back, only one that is under way. */
        @Override
        public void close() {
            List.copyOf(sequences.keySet()).forEach(this::release);
        }

        private void submit(
                String sequence,
                SequenceSlots.Slot slot,
                int depth,
                int epoch,
                Function<AtomicBoolean, @Nullable SessionEvent> action) {
            AtomicBoolean cancelled = replace(sequence, slot);
            Asked asked = new Asked(sequence, epoch, cancelled, callback);
            tasks.addStep(depth, cancelled, () -> run(asked, action));
        }

        /** Cancels what is in the slot; what cancels the next there is returned. */
        private AtomicBoolean replace(String sequence, SequenceSlots.Slot slot) {
            AtomicBoolean next = new AtomicBoolean();
            slots(sequence).replace(slot, next);
            return next;
        }

        private SequenceSlots slots(String sequence) {
            return sequences.computeIfAbsent(
                    sequence, name -> new SequenceSlots(ModelWorker.this::cancel, clock.meter()));
        }
    }

    /**
     * What was asked, and who waits for it.
     *
     * @param submitted nanoseconds
     */
    private record Asked(
            String sequence,
            int epoch,
            AtomicBoolean cancelled,
            Callback callback,
            long submitted) {
        Asked(String sequence, int epoch, AtomicBoolean cancelled, Callback callback) {
            this(sequence, epoch, cancelled, callback, System.nanoTime());
        }
    }

    /** A step in the batch. Alone it is tried again. */
    private final class BatchedStep implements StepBatch.Waiting {
        private final Asked asked;
        private final Command.Generate command;
        private final long started = System.nanoTime();

        /** Made when it starts. */
        BatchedStep(Asked asked, Command.Generate command) {
            this.asked = asked;
            this.command = command;
        }

        @Override
        public Command.Generate command() {
            return command;
        }

        @Override
        public boolean cancelled() {
            return over(asked.cancelled());
        }

        @Override
        public void generated(Stride stride) {
            SessionEvent event;
            try {
                event = documents().generated(command, stride);
            } catch (Throwable e) { // an Error must reach the request too, not end the thread
                failed(e, true);
                return;
            }
            answer(asked, clock.loaded(event, asked.submitted(), started));
        }

        @Override
        public void failed(Throwable failure, boolean alone) {
            noteFailure(asked, 1, failure);
            int left = alone ? ATTEMPTS - 1 : ATTEMPTS;
            answer(
                    asked,
                    attempt(
                            asked,
                            left,
                            cancelled -> documents().generate(command, this::cancelled)));
        }
    }

    private void run(Asked asked, Function<AtomicBoolean, @Nullable SessionEvent> action) {
        long started = System.nanoTime();
        SessionEvent event = attempt(asked, ATTEMPTS, action);
        answer(asked, event == null ? null : clock.loaded(event, asked.submitted(), started));
    }

    private void answer(Asked asked, @Nullable SessionEvent event) {
        if (event != null && !over(asked.cancelled())) {
            double seconds = WorkClock.seconds(asked.submitted(), System.nanoTime());
            asked.callback().completed(asked.sequence(), event.timed(seconds));
        }
    }

    private StepBatch batch() {
        return Objects.requireNonNull(batch, "no model decodes with documents here");
    }

    private ModelSteps documents() {
        return Objects.requireNonNull(steps, "no model decodes with documents here");
    }

    private KnnSteps neighbours() {
        return Objects.requireNonNull(knnSteps, "no model decodes with neighbours here");
    }

    private void cancel(AtomicBoolean step) {
        step.set(true);
        tasks.dropCancelled();
    }

    private boolean over(AtomicBoolean cancelled) {
        return closed || cancelled.get();
    }

    private boolean runNext() throws InterruptedException {
        boolean idle = batch == null || batch.isEmpty();
        TaskQueue.Task task;
        if (idle) {
            clock.worked();
            task = tasks.take();
            clock.waited();
        } else {
            task = nextTask();
        }
        while (task != null) {
            if (task.kind() == TaskQueue.Kind.STOP) {
                return false;
            }
            task.work().run();
            task = nextTask();
        }
        if (batch != null && !batch.isEmpty()) {
            batch.advance();
        }
        return true;
    }

    /** What can run before the steps of the batch go on; null if there is nothing. */
    private TaskQueue.@Nullable Task nextTask() {
        return tasks.poll(batch == null || !batch.full());
    }

    /** Null if nobody wants the event any more. */
    private @Nullable SessionEvent attempt(
            Asked asked, int attempts, Function<AtomicBoolean, @Nullable SessionEvent> step) {
        AtomicBoolean cancelled = asked.cancelled();
        Throwable failure = null;
        for (int left = attempts; left > 0 && !over(cancelled); left--) {
            try {
                SessionEvent event = step.apply(cancelled);
                if (event != null || over(cancelled)) {
                    return event;
                }
                throw new IllegalStateException("a step that nobody cancelled must give tokens");
            } catch (Throwable e) { // an Error must reach the request too, not end the thread
                noteFailure(asked, ATTEMPTS - left + 1, e);
                failure = e;
            }
        }
        if (failure == null) {
            return null;
        }
        return new SessionEvent.Failed(
                asked.epoch(),
                ErrorCode.MODEL_FAILED,
                "the language model failed %d times (%s): see the log for request %s"
                        .formatted(ATTEMPTS, failure.getClass().getSimpleName(), asked.sequence()));
    }

    private void noteFailure(Asked asked, int attempt, Throwable failure) {
        LOG.warn(
                "The language model failed on request {} (attempt {} of {})",
                asked.sequence(),
                attempt,
                ATTEMPTS,
                LoggedFailure.of(failure));
        forget(asked.sequence());
    }

    /** What comes next starts from nothing that a failed step may have left half done. */
    private void forget(String sequence) {
        try {
            if (steps != null) {
                steps.release(sequence);
            }
            if (knnSteps != null) {
                knnSteps.release(sequence);
            }
        } catch (RuntimeException e) {
            LOG.warn(
                    "The language model failed to release request {}",
                    sequence,
                    LoggedFailure.of(e));
        }
    }
}
