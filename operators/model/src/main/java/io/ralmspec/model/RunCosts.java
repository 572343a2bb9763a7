package io.ralmspec.model;

/**
 * What a token costs in a run of its own and in a shared one, as lately seen. A shared run costs
 * about the same however many of its slots are used.
 */
class RunCosts {
    /** Weight of the newest observation. */
    private static final double RATE = 0.1;

    /** One decision in this many goes the other way, to see what that costs now. */
    private static final int TRY_EVERY = 256;

    private double alone;
    private double shared;
    private int decisions;

    /**
     * @param sequences at least 2
     */
    boolean sharingPays(int sequences) {
        boolean pays = shared == 0 || alone == 0 || shared < sequences * alone;
        boolean other = ++decisions % TRY_EVERY == 0;
        return pays != other;
    }

    /**
     * @param seconds of the shared run, or of all the runs that were not shared
     */
    void observe(boolean sharing, int sequences, double seconds) {
        if (sharing) {
            shared = average(shared, seconds);
        } else {
            alone = average(alone, seconds / sequences);
        }
    }

    private static double average(double before, double observed) {
        return before == 0 ? observed : before + RATE * (observed - before);
    }
}
