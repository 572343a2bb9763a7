package io.ralmspec.decoding;

/** Picks a session's speculation stride, from its policy and what it learnt. */
public final class StridePlanner {
    /** One request in this many decodes plainly where speculation is not clearly faster. */
    private static final int TRIAL_EVERY = 8;

    /**
     * One request in this many watches for all while others want the model: guesses that are only
     * looked at cost time that others could use.
     */
    private static final int WATCH_EVERY = 4;

    private final StrideSettings settings;
    private final StrideScheduler scheduler;

    public StridePlanner(StrideSettings settings) {
        this.settings = settings;
        this.scheduler = new StrideScheduler(settings);
    }

    /**
     * How a session goes on.
     *
     * @param lookups from the next to the answer's end, if no end token comes before; at least 1
     */
    public Plan plan(DecodingRequest request, Estimates estimates, Outcomes outcomes, int lookups) {
        RetrievalParameters retrieval = request.retrieval();
        SpeculationPolicy policy = retrieval.speculation();
        if (!retrieval.speculative()) {
            return Plan.PLAIN;
        }
        return switch (policy.rule()) {
            case FIXED ->
                    new Plan(Math.min(policy.stride(), settings.maxStride()), policy.async(), true);
            case CONTINUOUS -> new Plan(1, true, true);
            case OS3 -> os3(request, estimates, outcomes, lookups);
        };
    }

    private Plan os3(DecodingRequest request, Estimates estimates, Outcomes outcomes, int lookups) {
        Plan plan =
                scheduler.plan(
                        estimates,
                        outcomes,
                        lookups,
                        request.retrieval().speculation().async(),
                        isOneIn(TRIAL_EVERY, request));
        boolean others = estimates.known() && estimates.turn() > 0;
        return plan.equals(Plan.WATCHING) && others && !isOneIn(WATCH_EVERY, request)
                ? Plan.PLAIN
                : plan;
    }

    /** By its id, so that a restart does not change it. */
    static boolean isOneIn(int count, DecodingRequest request) {
        return Math.floorMod(request.id().hashCode(), count) == 0;
    }
}
