package io.ralmspec.decoding;

/**
 * Running averages of what decoding costs and how often guesses are right (paper section 4: a, b,
 * gamma), older observations counting less. A step and a call slow each other down where they share
 * processors, so both are known alone and beside one another.
 *
 * @param step seconds per step that ran alone (a), without waiting for other requests' steps where
 *     that is known; 0 if none was seen
 * @param stepBeside seconds per step that ran beside a call; 0 if none was seen
 * @param plainCall calls of plain decoding: one query, one document
 * @param call calls that ran alone (b)
 * @param callBeside calls that ran beside a step
 * @param gamma probability that a step survives its verification
 * @param turn seconds in which the model can run one step of every request under way, as of late; 0
 *     if there is no other, or unknown
 */
public record Estimates(
        double step,
        double stepBeside,
        CallCost plainCall,
        CallCost call,
        CallCost callBeside,
        double gamma,
        double turn) {
    /** Before anything was seen; gamma is what the paper's exact retrieval had. */
    public static final Estimates UNKNOWN =
            new Estimates(0, 0, CallCost.UNKNOWN, CallCost.UNKNOWN, CallCost.UNKNOWN, 0.75, 0);

    /** Weight of the newest observation of a step. */
    private static final double STEP_RATE = 0.1;

    private static final double GAMMA_RATE = 0.03;

    /** How fast the cost of what is not done is forgotten, so that it is tried again. */
    private static final double FORGET_RATE = 0.01;

    /** Whether both costs were seen. */
    public boolean known() {
        return step > 0 && (plainCall.known() || call.known());
    }

    /**
     * Seconds of a step (a). A call beside it makes none faster: where steps beside calls seem so,
     * they had less to read, as drafts often keep the document of the step before them.
     */
    public double stepSeconds(boolean beside) {
        return beside ? Math.max(step, stepBeside) : step;
    }

    /** Seconds of a call with this many queries (b). */
    public double callSeconds(int queries, boolean beside) {
        CallCost cost = call.known() ? call : plainCall;
        return (beside && callBeside.known() ? callBeside : cost).seconds(queries);
    }

    /** Seconds of a call of plain decoding. */
    public double plainCallSeconds() {
        return (plainCall.known() ? plainCall : call).seconds(1);
    }

    /**
     * @param observed seconds of a step
     * @param beside whether a call was out
     */
    public Estimates withStep(double observed, boolean beside) {
        if (beside) {
            double first = stepBeside == 0 ? step : stepBeside;
            return new Estimates(
                    step, average(first, observed), plainCall, call, callBeside, gamma, turn);
        }
        double alone = average(step, observed);
        double forgotten = stepBeside == 0 ? 0 : stepBeside + FORGET_RATE * (alone - stepBeside);
        return new Estimates(alone, forgotten, plainCall, call, callBeside, gamma, turn);
    }

    /**
     * A call of plain decoding costs no more than others would with one query. While there are only
     * others, that is how its cost since a slow start is forgotten.
     *
     * @param topN documents asked for per query
     * @param observed seconds of a call
     * @param beside whether a step was out
     */
    public Estimates withCall(int queries, int topN, double observed, boolean beside) {
        if (beside) {
            CallCost next = callBeside.with(queries, observed);
            return new Estimates(step, stepBeside, plainCall.atMost(next), call, next, gamma, turn);
        }
        boolean plain = queries == 1 && topN == 1;
        CallCost seen = (plain ? plainCall : call).with(queries, observed);
        return new Estimates(
                step,
                stepBeside,
                plain ? seen : plainCall.atMost(seen),
                plain ? call.towards(seen, FORGET_RATE) : seen,
                callBeside.towards(seen, FORGET_RATE),
                gamma,
                turn);
    }

    /** With a step that survived its verification or did not. */
    public Estimates withOutcome(boolean survived) {
        double next = gamma + GAMMA_RATE * ((survived ? 1 : 0) - gamma);
        return withGamma(next);
    }

    /** With what the model's worker says of its other work. */
    public Estimates withTurn(double seconds) {
        return new Estimates(step, stepBeside, plainCall, call, callBeside, gamma, seconds);
    }

    /** These costs with another gamma. */
    public Estimates withGamma(double other) {
        return new Estimates(step, stepBeside, plainCall, call, callBeside, other, turn);
    }

    private static double average(double before, double observed) {
        return before == 0 ? observed : before + STEP_RATE * (observed - before);
    }
}
