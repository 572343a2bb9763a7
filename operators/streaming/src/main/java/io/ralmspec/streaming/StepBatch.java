package io.ralmspec.streaming;

import io.ralmspec.decoding.Command;
import io.ralmspec.decoding.Stride;
import io.ralmspec.decoding.StrideBatch;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The steps that a model generates side by side, and who waits for them. What fails is handed back:
 * a failure of a run says nothing of whose fault it was.
 *
 * <p>Used by the model worker's thread.
 */
final class StepBatch {
    /** Waits for a step. */
    interface Waiting {
        Command.Generate command();

        /** Asked between tokens. */
        boolean cancelled();

        /** The step has its tokens. */
        void generated(Stride stride);

        /**
         * The step failed, maybe because of another in the same run.
         *
         * @param alone whether there was no other
         */
        void failed(Throwable failure, boolean alone);
    }

    private final StrideBatch strides;
    private final List<Waiting> running = new ArrayList<>();

    /** Kept until the model is done with a run, which what they call must not interrupt. */
    private final ArrayDeque<Runnable> deliveries = new ArrayDeque<>();

    StepBatch(StrideBatch strides) {
        this.strides = strides;
    }

    boolean isEmpty() {
        return strides.isEmpty() && deliveries.isEmpty();
    }

    boolean full() {
        return strides.full();
    }

    void add(Waiting waiting) {
        running.add(waiting);
        BooleanSupplier cancelled = waiting::cancelled;
        try {
            strides.add(waiting.command().generation(), cancelled, stride -> done(waiting, stride));
        } catch (Throwable e) { // an Error must reach the request too, not end the thread
            running.remove(waiting);
            waiting.failed(e, true);
        }
    }

    private void done(Waiting waiting, @Nullable Stride stride) {
        running.remove(waiting);
        if (stride != null) {
            deliveries.add(() -> waiting.generated(stride));
        } else if (!waiting.cancelled()) {
            deliveries.add(
                    () ->
                            waiting.failed(
                                    new IllegalStateException(
                                            "a step that nobody cancelled must give tokens"),
                                    true));
        }
    }

    /** Brings all one token further, and hands out what is complete. */
    void advance() {
        try {
            strides.advance();
        } catch (Throwable e) { // as above
            List<Waiting> failed = List.copyOf(running);
            running.clear();
            boolean alone = failed.size() == 1;
            failed.forEach(waiting -> deliveries.add(() -> waiting.failed(e, alone)));
        }
        for (Runnable next = deliveries.poll(); next != null; next = deliveries.poll()) {
            next.run();
        }
    }
}
