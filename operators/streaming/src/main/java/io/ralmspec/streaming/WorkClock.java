package io.ralmspec.streaming;

import io.ralmspec.decoding.SessionEvent;

/**
 * Reads the clock for a {@link LoadMeter}: the time of the thread that runs the model, but for what
 * it spends waiting for work.
 *
 * <p><i>Threading:</i> that thread's own, but for {@link #meter}.
 */
final class WorkClock {
    private final LoadMeter meter = new LoadMeter();

    /** Nanoseconds; until when work is metered. */
    private long metered = System.nanoTime();

    LoadMeter meter() {
        return meter;
    }

    /** What was done up to now was work. */
    void worked() {
        long now = System.nanoTime();
        meter.worked(seconds(metered, now));
        metered = now;
    }

    /** What was done up to now was waiting. */
    void waited() {
        metered = System.nanoTime();
    }

    /**
     * With the load under which its steps ran, or under which they will.
     *
     * @param submitted nanoseconds
     * @param started nanoseconds
     */
    SessionEvent loaded(SessionEvent event, long submitted, long started) {
        double waited = seconds(submitted, started);
        if (event.steps() == 0) {
            return event.under(meter.load(waited));
        }
        worked();
        return event.under(meter.completed(event.steps(), waited));
    }

    static double seconds(long fromNanos, long toNanos) {
        return (toNanos - fromNanos) / 1e9;
    }
}
