package io.ralmspec.decoding;

/**
 * Running averages of what speculation costs and how often it is right (paper section 4: a, b,
 * gamma), older observations counting less.
 *
 * @param stepSeconds seconds per step (a); 0 if none was seen
 * @param calls weight of the knowledge base calls seen; 0 if none
 * @param queries weighted mean of queries per call
 * @param seconds weighted mean of seconds per call
 * @param queriesSquared weighted mean of squared queries
 * @param queriesSeconds weighted mean of queries times seconds
 * @param gamma probability that a step survives its verification
 */
public record Estimates(
        double stepSeconds,
        double calls,
        double queries,
        double seconds,
        double queriesSquared,
        double queriesSeconds,
        double gamma) {
    /** Before anything was seen; gamma is what the paper's exact retrieval had. */
    public static final Estimates UNKNOWN = new Estimates(0, 0, 0, 0, 0, 0, 0.75);

    /** Weight of the newest observation of a cost once there are many. */
    private static final double COST_RATE = 0.1;

    private static final double GAMMA_RATE = 0.03;

    /** Whether both costs were seen. */
    public boolean known() {
        return stepSeconds > 0 && calls > 0;
    }

    /**
     * Seconds of a call with this many queries (b), by a line through the calls seen. Flat while
     * all had the same size, as in the paper; 0 before the first.
     */
    public double callSeconds(int count) {
        double spread = queriesSquared - queries * queries;
        double slope = spread < 1e-6 ? 0 : (queriesSeconds - queries * seconds) / spread;
        // A call with no queries can't take less than nothing, nor more queries less time.
        slope = Math.clamp(slope, 0, queries > 0 ? seconds / queries : 0);
        return seconds + slope * (count - queries);
    }

    Estimates withStep(double observed) {
        double next =
                stepSeconds == 0 ? observed : stepSeconds + COST_RATE * (observed - stepSeconds);
        return new Estimates(next, calls, queries, seconds, queriesSquared, queriesSeconds, gamma);
    }

    Estimates withCall(int count, double observed) {
        double weight = Math.min(calls + 1, 1 / COST_RATE);
        double rate = 1 / weight;
        return new Estimates(
                stepSeconds,
                weight,
                queries + rate * (count - queries),
                seconds + rate * (observed - seconds),
                queriesSquared + rate * ((double) count * count - queriesSquared),
                queriesSeconds + rate * (count * observed - queriesSeconds),
                gamma);
    }

    Estimates withOutcome(boolean survived) {
        double next = gamma + GAMMA_RATE * ((survived ? 1 : 0) - gamma);
        return new Estimates(
                stepSeconds, calls, queries, seconds, queriesSquared, queriesSeconds, next);
    }
}
