package io.ralmspec.job.load;

import org.HdrHistogram.Histogram;

/** Times of many requests, to three digits; constant in size. */
final class Latencies {
    private static final long MAX_MICROS = 24L * 3600 * 1_000_000;

    private final Histogram micros = new Histogram(1, MAX_MICROS, 3);

    /** A negative time counts as none, one of more than a day as a day. */
    void add(long nanos) {
        micros.recordValue(Math.clamp(nanos / 1000, 0, MAX_MICROS));
    }

    long count() {
        return micros.getTotalCount();
    }

    /**
     * The smallest of the recorded times that this share of them do not exceed, in seconds; 0
     * without any.
     *
     * @param percent in [0, 100]
     */
    double seconds(double percent) {
        return count() == 0 ? 0 : micros.getValueAtPercentile(percent) / 1e6;
    }

    double maxSeconds() {
        return micros.getMaxValue() / 1e6;
    }

    double meanSeconds() {
        return count() == 0 ? 0 : micros.getMean() / 1e6;
    }
}
