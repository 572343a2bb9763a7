package io.ralmspec.decoding;

/** Decides how far a session runs ahead of what is verified, from its policy and what it learnt. */
final class SpeculationPlanner {
    /**
     * One request in this many starts without prefetching, which costs its guesses a call. Where
     * speculation is not clearly faster, others decode plainly anyway; where it is, calls of
     * speculation tell only what a plain call costs at most.
     */
    private static final int PROBE_EVERY = 256;

    private final StrideSettings settings;
    private final StopRules stopRules;
    private final StridePlanner strides;

    SpeculationPlanner(StrideSettings settings, StopRules stopRules) {
        this.settings = settings;
        this.stopRules = stopRules;
        this.strides = new StridePlanner(settings);
    }

    /** How the session goes on. */
    Plan plan(Session s) {
        return strides.plan(s.request, s.estimates, s.outcomes, lookupsLeft(s));
    }

    /** Lookups from the committed step's to the answer's end, if no end token comes before. */
    private int lookupsLeft(Session s) {
        RetrievalParameters retrieval = s.request.retrieval();
        int limit = stopRules.limit(s.request, s.transcript.prompt().length);
        int tokens = limit - s.transcript.generated().length;
        int strides = Math.ceilDiv(tokens, retrieval.stride());
        return retrieval.scheme() == RetrievalScheme.ITER_RETGEN ? 2 * strides : strides;
    }

    /** Whether a step can run now. */
    boolean generates(Session s, Plan plan) {
        Step last = s.steps.getLast();
        if (s.onVerifiedGround()) {
            return true;
        }
        int unasked = s.steps.size() - (s.verifying == 0 ? 0 : s.asked);
        if (last.guess() == null || last.end() != null || unasked >= settings.maxStride()) {
            return false;
        }
        return plan.ahead() || (s.verifying == 0 && s.open(s.steps.size()).size() < plan.stride());
    }

    /** Whether a verification is to be sent now. */
    static boolean verifies(Session s, Plan plan) {
        // While a step is redrafted, the queries behind it may be about to change.
        int open = s.onVerifiedGround() ? 0 : s.open(s.steps.size()).size();
        return open > 0 && (s.generating == 0 || open >= plan.stride());
    }

    /**
     * Whether lookups are guessed from the graph too. With OS3 only where a call takes longer than
     * a step, as a walk over the graph takes its share of one, which no estimate shows; and not
     * before a call that is to show what plain decoding costs.
     */
    boolean walks(Session s) {
        RetrievalParameters retrieval = s.request.retrieval();
        if (!policy(s).graph() || retrieval.retriever() != RetrieverKind.EXACT) {
            return false;
        }
        Estimates costs = s.estimates;
        boolean pays = costs.known() && costs.plainCallSeconds() > costs.stepSeconds(false);
        return policy(s).rule() != StrideRule.OS3 || (pays && !probes(s));
    }

    /** Documents to find per query. */
    static int topN(Session s, Plan plan) {
        return plan.guesses() && !probes(s) ? policy(s).prefetch() : 1;
    }

    /** Whether this call is to find out what a call of plain decoding costs. */
    private static boolean probes(Session s) {
        boolean due =
                !s.estimates.plainCall().known()
                        || StridePlanner.isOneIn(PROBE_EVERY, s.request, 0);
        return s.retrievalCalls == 0 && due && policy(s).rule() == StrideRule.OS3;
    }

    private static SpeculationPolicy policy(Session s) {
        return s.request.retrieval().speculation();
    }
}
