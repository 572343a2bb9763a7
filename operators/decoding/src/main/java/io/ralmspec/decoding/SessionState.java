package io.ralmspec.decoding;

import java.util.List;

/**
 * Everything that must survive of a request in flight: tokens and document ids, never model state
 * or document text.
 *
 * @param receivedMillis when the request was received
 * @param epoch changes with every round; results of another epoch are stale
 * @param document the verified document that the round starts from
 * @param steps of the current round; while retrieving, one empty step that holds the prompt's query
 */
public record SessionState(
        DecodingRequest request,
        long receivedMillis,
        Phase phase,
        int epoch,
        Transcript transcript,
        Hit document,
        List<Step> steps,
        SpeculationCache cache,
        Counters counters,
        Timings timings) {
    public SessionState {
        steps = List.copyOf(steps);
    }

    /** A request that waits to be started. */
    public static SessionState submitted(DecodingRequest request, long receivedMillis) {
        return new SessionState(
                request,
                receivedMillis,
                Phase.SUBMITTED,
                0,
                Transcript.EMPTY,
                Hit.NONE,
                List.of(),
                SpeculationCache.EMPTY,
                Counters.ZERO,
                Timings.ZERO);
    }

    public boolean finished() {
        return phase == Phase.FINISHED;
    }

    /** The versioned bytes that go into state. */
    public byte[] toBytes() {
        return SessionCodec.encode(this);
    }

    /**
     * @throws IllegalArgumentException if the bytes are not a session of a known version
     */
    public static SessionState fromBytes(byte[] bytes) {
        return SessionCodec.decode(bytes);
    }

    /** The round's queries that a verification must answer; not that of a step that ends it all. */
    List<Query> queriesToVerify() {
        int ended = !steps.isEmpty() && steps.getLast().end() != null ? 1 : 0;
        return steps.subList(0, steps.size() - ended).stream().map(Step::query).toList();
    }

    /** Verified and drafted tokens. */
    int[] draftedTokens() {
        int[] all = transcript.generated();
        for (Step step : steps) {
            all = Tokens.concat(all, step.tokens());
        }
        return all;
    }

    SessionState with(Phase next) {
        return new SessionState(
                request,
                receivedMillis,
                next,
                epoch,
                transcript,
                document,
                steps,
                cache,
                counters,
                timings);
    }

    SessionState with(Transcript next) {
        return new SessionState(
                request,
                receivedMillis,
                phase,
                epoch,
                next,
                document,
                steps,
                cache,
                counters,
                timings);
    }

    SessionState with(List<Step> next) {
        return new SessionState(
                request,
                receivedMillis,
                phase,
                epoch,
                transcript,
                document,
                next,
                cache,
                counters,
                timings);
    }

    SessionState with(SpeculationCache next) {
        return new SessionState(
                request,
                receivedMillis,
                phase,
                epoch,
                transcript,
                document,
                steps,
                next,
                counters,
                timings);
    }

    SessionState with(Counters next) {
        return new SessionState(
                request,
                receivedMillis,
                phase,
                epoch,
                transcript,
                document,
                steps,
                cache,
                next,
                timings);
    }

    SessionState with(Timings next) {
        return new SessionState(
                request,
                receivedMillis,
                phase,
                epoch,
                transcript,
                document,
                steps,
                cache,
                counters,
                next);
    }

    /** The next round, from a verified document. */
    SessionState nextRound(Hit verified) {
        return new SessionState(
                request,
                receivedMillis,
                Phase.GENERATING,
                epoch + 1,
                transcript,
                verified,
                List.of(),
                cache,
                counters,
                timings);
    }
}
