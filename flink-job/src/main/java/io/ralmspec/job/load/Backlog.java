package io.ralmspec.job.load;

import java.util.Arrays;

/**
 * The requests that each arrival finds outstanding. Arrivals of a Poisson process see what an
 * observer at a random time sees, so their mean is the mean over time.
 */
final class Backlog {
    /** Fewer say nothing about a trend. */
    private static final int MIN_ARRIVALS = 30;

    private static final double GROWTH = 1.25;
    private static final double MIN_MORE = 2;

    private int[] seen = new int[256];
    private int arrivals;

    void seen(int outstanding) {
        if (arrivals == seen.length) {
            seen = Arrays.copyOf(seen, 2 * arrivals);
        }
        seen[arrivals++] = outstanding;
    }

    int arrivals() {
        return arrivals;
    }

    double mean() {
        return mean(0, arrivals);
    }

    int max() {
        return Arrays.stream(seen, 0, arrivals).max().orElse(0);
    }

    /**
     * Whether requests piled up: each third of the arrivals found clearly more outstanding than the
     * third before. A job that keeps up has a level it comes back to.
     */
    boolean grew() {
        if (arrivals < MIN_ARRIVALS) {
            return false;
        }
        double first = third(0);
        double second = third(1);
        double last = third(2);
        return second > GROWTH * first && last > GROWTH * second && last - first >= MIN_MORE;
    }

    /**
     * Mean of one third of the arrivals.
     *
     * @param number 0, 1 or 2
     */
    double third(int number) {
        return mean(number * arrivals / 3, (number + 1) * arrivals / 3);
    }

    private double mean(int from, int to) {
        return Arrays.stream(seen, from, to).average().orElse(0);
    }
}
