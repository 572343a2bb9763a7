package io.ralmspec.streaming;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What one sequence has at a {@link ModelWorker}. Its calls come one after the other. */
final class SequenceSlots {
    /** What a sequence can have one of at a time. */
    enum Slot {
        STEP,
        SETTLING
    }

    private final Consumer<AtomicBoolean> cancel;
    private final LoadMeter meter;
    private final Map<Slot, AtomicBoolean> cancels = new EnumMap<>(Slot.class);

    /**
     * It counts among those that share the model, until it is cleared.
     *
     * @param cancel is given what cancels something
     */
    SequenceSlots(Consumer<AtomicBoolean> cancel, LoadMeter meter) {
        this.cancel = cancel;
        this.meter = meter;
        meter.joined();
    }

    /** Cancels what is in the slot, and puts there what cancels the next. */
    synchronized void replace(Slot slot, AtomicBoolean next) {
        cancel(cancels.put(slot, next));
    }

    /** Cancels all. */
    synchronized void clear() {
        for (Slot slot : Slot.values()) {
            cancel(cancels.remove(slot));
        }
        meter.left();
    }

    private void cancel(@Nullable AtomicBoolean earlier) {
        if (earlier != null) {
            cancel.accept(earlier);
        }
    }
}
