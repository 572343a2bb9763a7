package io.ralmspec.decoding;

/** Picks a session's speculation stride, from its policy and what it learnt. */
public final class StridePlanner {
    /** One request in this many decodes plainly where speculation is not clearly faster. */
    private static final int TRIAL_EVERY = 8;

    /**
     * One request in this many watches for all: guesses that are only looked at, and the documents
     * prefetched for them, cost up to an eighth of a cheap step, or time that others could use.
     */
    private static final int WATCH_EVERY = 16;

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
                        isOneIn(TRIAL_EVERY, request, 0));
        // Not one of those that try plain decoding, which expect more of speculation.
        boolean watcher = isOneIn(WATCH_EVERY, request, 1);
        return plan.equals(Plan.WATCHING) && estimates.known() && !watcher ? Plan.PLAIN : plan;
    }

    /**
     * By its id, so that a restart does not change it.
     *
     * @param which of the {@code count} shares, from 0
     */
    static boolean isOneIn(int count, DecodingRequest request, int which) {
        // Ids that are numbered have hashes that are, too.
        int hash = request.id().hashCode();
        int mixed = (hash ^ hash >>> 16) * 0x85EBCA6B >>> 13;
        return mixed % count == which;
    }
}
