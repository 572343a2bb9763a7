package io.ralmspec.decoding.knnlm;

import io.ralmspec.decoding.Counters;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.DecodingSession;
import io.ralmspec.decoding.Estimates;
import io.ralmspec.decoding.FinishReason;
import io.ralmspec.decoding.Outcomes;
import io.ralmspec.decoding.Phase;
import io.ralmspec.decoding.Timings;
import io.ralmspec.decoding.Tokens;
import io.ralmspec.decoding.Transcript;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Everything that must survive of a KNN-LM request in flight: tokens, their keys while unverified,
 * and datastore positions; never model state, probabilities or distances.
 *
 * <p>Bounded: with S the largest stride, at most 2 S drafts with a key each, S lists of the
 * prefetch while settling, and the cache, at 4 bytes per number. At the defaults (S = 32, 4096
 * entries, 64 prefetched) and keys of 768 floats that is at most 222 kB beside the request and its
 * tokens; with 8 drafts out, it is 43 kB.
 *
 * @param receivedMillis when the request was received
 * @param datastore {@link Datastore#fingerprint} of the one it was started on; empty before
 * @param epoch the last number given to a command
 * @param generating epoch of the preparation or speculation that is out, or 0
 * @param count tokens that the speculation was to guess
 * @param verifying epoch of the search that is out, or 0
 * @param settling epoch of the settling that is out, or 0; then no search is
 * @param asked drafts, from the first, that the search or the settling is about
 * @param careful whether something failed that may have been a guess's fault: until a token is
 *     verified, nothing is guessed
 * @param guessing whether the speculation that is out guesses from the cache
 * @param unguessed drafts, from the first, that were not guessed from the cache, so that they don't
 *     tell how good it is
 * @param stepBeside whether a search was out while the speculation that is out ran
 * @param callBeside whether a speculation was out while the search that is out ran
 * @param drafts guessed tokens after the verified ones
 * @param keys {@code keys.get(i)} is the model's key before draft i
 * @param draftEnd why the answer would end with the last draft, or null
 * @param found while settling, for each draft asked, the nearest neighbours' positions that its key
 *     brings into the cache
 */
public record KnnState(
        DecodingRequest request,
        long receivedMillis,
        String datastore,
        Phase phase,
        int epoch,
        int generating,
        int count,
        int verifying,
        int settling,
        int asked,
        boolean careful,
        boolean guessing,
        int unguessed,
        boolean stepBeside,
        boolean callBeside,
        Transcript transcript,
        int[] drafts,
        List<float[]> keys,
        @Nullable FinishReason draftEnd,
        List<int[]> found,
        SuccessorCache cache,
        Estimates estimates,
        Outcomes outcomes,
        Counters counters,
        Timings timings)
        implements DecodingSession {
    public KnnState {
        keys = List.copyOf(keys);
        found = List.copyOf(found);
    }

    /** A request that waits to be started. */
    public static KnnState submitted(DecodingRequest request, long receivedMillis) {
        return new KnnState(
                request,
                receivedMillis,
                "",
                Phase.SUBMITTED,
                0,
                0,
                0,
                0,
                0,
                0,
                false,
                false,
                0,
                false,
                false,
                Transcript.EMPTY,
                Tokens.NONE,
                List.of(),
                null,
                List.of(),
                SuccessorCache.EMPTY,
                Estimates.UNKNOWN,
                Outcomes.NONE,
                Counters.ZERO,
                Timings.ZERO);
    }

    @Override
    public KnnState ended() {
        KnnSession session = new KnnSession(this);
        session.phase = Phase.FINISHED;
        return session.state();
    }

    @Override
    public byte[] toBytes() {
        return KnnSessionCodec.encode(this);
    }

    /** Whether bytes that went into state are those of a KNN-LM session, of whatever version. */
    public static boolean wrote(byte[] bytes) {
        return KnnSessionCodec.wrote(bytes);
    }

    /**
     * @throws IllegalArgumentException if the bytes are not a KNN-LM session of a known version
     */
    public static KnnState fromBytes(byte[] bytes) {
        return KnnSessionCodec.decode(bytes);
    }
}
