package io.ralmspec.streaming;

import io.ralmspec.decoding.ModelLoad;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Measures how busy a model is: what a step costs of its time, and how many requests want one.
 *
 * <p><i>Threading:</i> {@link #joined} and {@link #left} are called by any thread, all else by the
 * thread that runs the model.
 */
public final class LoadMeter {
    /** Weight of the newest step. */
    private static final double RATE = 0.1;

    private final AtomicInteger requests = new AtomicInteger();
    private double busySeconds;
    private double stepSeconds;

    /** A request will want steps until it has {@link #left}. */
    public void joined() {
        requests.incrementAndGet();
    }

    public void left() {
        requests.decrementAndGet();
    }

    /**
     * The model worked for so long, whatever came of it; of no account while nobody wants steps.
     */
    public void worked(double seconds) {
        if (requests.get() > 0) {
            busySeconds += seconds;
        }
    }

    /**
     * Steps have their tokens. All that the model worked since the last such step is what they
     * cost: where several run side by side that is less than it took, and work in vain is paid by
     * those that come through.
     *
     * @param steps that ran one after the other; at least 1
     * @param waitedSeconds before they ran
     */
    public ModelLoad completed(int steps, double waitedSeconds) {
        double rate = stepSeconds == 0 ? 1 : 1 - Math.pow(1 - RATE, steps);
        stepSeconds += rate * (busySeconds / steps - stepSeconds);
        busySeconds = 0;
        return load(waitedSeconds);
    }

    /**
     * What meets those that want a step now.
     *
     * @param waitedSeconds by whom is told
     */
    public ModelLoad load(double waitedSeconds) {
        int sharing = requests.get();
        return new ModelLoad(waitedSeconds, sharing > 1 ? stepSeconds * sharing : 0);
    }
}
