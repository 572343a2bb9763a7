package io.ralmspec.decoding;

/**
 * Running averages of what a knowledge base call costs, by the number of its queries: a line
 * through the calls seen, older ones counting less.
 *
 * @param weight of the calls seen; 0 if none
 * @param queries mean of queries per call
 * @param seconds mean of seconds per call
 * @param queriesSquared mean of squared queries
 * @param queriesSeconds mean of queries times seconds
 */
public record CallCost(
        double weight,
        double queries,
        double seconds,
        double queriesSquared,
        double queriesSeconds) {
    public static final CallCost UNKNOWN = new CallCost(0, 0, 0, 0, 0);

    /** Weight of the newest observation once there are many. */
    private static final double RATE = 0.1;

    boolean known() {
        return weight > 0;
    }

    /** Seconds of a call with this many queries; flat while all had the same size. */
    double seconds(int count) {
        double spread = queriesSquared - queries * queries;
        double slope = spread < 1e-6 ? 0 : (queriesSeconds - queries * seconds) / spread;
        // A call with no queries can't take less than nothing, nor more queries less time.
        slope = Math.clamp(slope, 0, queries > 0 ? seconds / queries : 0);
        return seconds + slope * (count - queries);
    }

    CallCost with(int count, double observed) {
        double next = Math.min(weight + 1, 1 / RATE);
        double rate = 1 / next;
        return new CallCost(
                next,
                queries + rate * (count - queries),
                seconds + rate * (observed - seconds),
                queriesSquared + rate * ((double) count * count - queriesSquared),
                queriesSeconds + rate * (count * observed - queriesSeconds));
    }

    /** Nearer to another cost, as if it had been observed once, if that is less. */
    CallCost atMost(CallCost other) {
        boolean less = known() && other.seconds((int) Math.round(queries)) < seconds;
        return less ? towards(other, RATE) : this;
    }

    /** Nearer to another cost by a share of the way; unknown if this is. */
    CallCost towards(CallCost other, double share) {
        if (!known()) {
            return this;
        }
        double change = share * (other.seconds((int) Math.round(queries)) - seconds);
        return new CallCost(
                weight,
                queries,
                seconds + change,
                queriesSquared,
                queriesSeconds + queries * change);
    }
}
