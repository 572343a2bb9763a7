package io.ralmspec.decoding;

import java.util.List;

/**
 * Everything that must survive of a request in flight: tokens and document ids, never model state
 * or document text.
 *
 * @param receivedMillis when the request was received
 * @param knowledgeBase {@link KnowledgeBase#fingerprint} of the one it was started on; empty before
 *     the start, or if it was stored by a version that did not keep it
 * @param epoch the last number given to a command
 * @param generating epoch of the preparation or step that is out, or 0
 * @param verifying epoch of the verification that is out, or 0
 * @param asked steps, from the first, whose open lookups that verification answers
 * @param topN documents that it finds per query
 * @param stepBeside whether a verification was out while the step that is out ran
 * @param callBeside whether a step was out while the verification that is out ran
 * @param steps the first is committed, its tokens are in the transcript; the others are drafts,
 *     each generated with the guess of the one before. If the first one's truth is known although
 *     there is a second, that second is being redrafted
 */
public record SessionState(
        DecodingRequest request,
        long receivedMillis,
        String knowledgeBase,
        Phase phase,
        int epoch,
        int generating,
        int verifying,
        int asked,
        int topN,
        boolean stepBeside,
        boolean callBeside,
        Transcript transcript,
        List<Step> steps,
        SpeculationCache cache,
        Estimates estimates,
        Outcomes outcomes,
        Counters counters,
        Timings timings)
        implements DecodingSession {
    public SessionState {
        steps = List.copyOf(steps);
    }

    /** A request that waits to be started. */
    public static SessionState submitted(DecodingRequest request, long receivedMillis) {
        return new SessionState(
                request,
                receivedMillis,
                "",
                Phase.SUBMITTED,
                0,
                0,
                0,
                0,
                1,
                false,
                false,
                Transcript.EMPTY,
                List.of(),
                SpeculationCache.EMPTY,
                Estimates.UNKNOWN,
                Outcomes.NONE,
                Counters.ZERO,
                Timings.ZERO);
    }

    @Override
    public SessionState ended() {
        Session session = new Session(this);
        session.phase = Phase.FINISHED;
        return session.transition().state();
    }

    /** Unverified lookups that the newest step builds on. */
    public int depth() {
        return Math.max(0, steps.size() - 1);
    }

    @Override
    public byte[] toBytes() {
        return SessionCodec.encode(this);
    }

    /**
     * @throws IllegalArgumentException if the bytes are not a session of a known version
     */
    public static SessionState fromBytes(byte[] bytes) {
        return SessionCodec.decode(bytes);
    }
}
