package io.ralmspec.job.load;

import java.time.Duration;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * When requests arrive, fixed before the first one is sent: a Poisson process, so gaps are
 * independent and exponential. The same seed and rate give the same gaps, whatever ends them.
 */
final class ArrivalSchedule {
    /** More than anybody waits for, and few enough to hold. */
    static final int MAX_ARRIVALS = 10_000_000;

    private final double rate;
    private final long[] nanos;

    private ArrivalSchedule(double rate, long[] nanos) {
        this.rate = rate;
        this.nanos = nanos;
    }

    /**
     * So many arrivals.
     *
     * @param rate per second, positive
     */
    static ArrivalSchedule poisson(long seed, double rate, int count) {
        SplittableRandom random = checked(seed, rate);
        long[] nanos = new long[count];
        double seconds = 0;
        for (int i = 0; i < count; i++) {
            seconds += gap(random, rate);
            nanos[i] = toNanos(seconds);
        }
        return new ArrivalSchedule(rate, nanos);
    }

    /**
     * All arrivals within a time, perhaps none.
     *
     * @param rate per second, positive
     * @throws IllegalArgumentException if these are more than {@link #MAX_ARRIVALS}
     */
    static ArrivalSchedule poisson(long seed, double rate, Duration length) {
        SplittableRandom random = checked(seed, rate);
        double end = length.toNanos() / 1e9;
        long[] nanos = new long[1024];
        int count = 0;
        for (double at = gap(random, rate); at < end; at += gap(random, rate)) {
            if (count == MAX_ARRIVALS) {
                throw new IllegalArgumentException(
                        "--rate times --duration must be <= %d (got %s/s for %s s)"
                                .formatted(MAX_ARRIVALS, rate, length.toSeconds()));
            }
            if (count == nanos.length) {
                nanos = Arrays.copyOf(nanos, 2 * count);
            }
            nanos[count++] = toNanos(at);
        }
        return new ArrivalSchedule(rate, Arrays.copyOf(nanos, count));
    }

    private static SplittableRandom checked(long seed, double rate) {
        if (!(rate > 0) || Double.isInfinite(rate)) {
            throw new IllegalArgumentException("--rate must be > 0 (got %s)".formatted(rate));
        }
        return new SplittableRandom(seed);
    }

    private static double gap(SplittableRandom random, double rate) {
        // 1 - u is in (0, 1], so that the logarithm is finite.
        return -Math.log(1 - random.nextDouble()) / rate;
    }

    private static long toNanos(double seconds) {
        return (long) (seconds * 1e9);
    }

    /** Arrivals per second, as asked for. */
    double rate() {
        return rate;
    }

    int size() {
        return nanos.length;
    }

    /** Nanoseconds from the start to arrival i, ascending. */
    long at(int i) {
        return nanos[i];
    }
}
