package io.ralmspec.decoding.knnlm;

import io.ralmspec.decoding.Counters;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.Estimates;
import io.ralmspec.decoding.FinishReason;
import io.ralmspec.decoding.KnnParameters;
import io.ralmspec.decoding.Outcomes;
import io.ralmspec.decoding.Phase;
import io.ralmspec.decoding.SessionCommand;
import io.ralmspec.decoding.Timings;
import io.ralmspec.decoding.Tokens;
import io.ralmspec.decoding.Transcript;
import io.ralmspec.decoding.Transition;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A session while one event changes it: a copy that {@link KnnDecoder} may write to. */
final class KnnSession {
    final DecodingRequest request;
    final long receivedMillis;
    String datastore;
    Phase phase;
    int epoch;
    int generating;
    int count;
    int verifying;
    int settling;
    int asked;
    boolean careful;
    boolean guessing;
    int unguessed;
    boolean stepBeside;
    boolean callBeside;
    Transcript transcript;
    int[] drafts;
    final List<float[]> keys;
    @Nullable FinishReason draftEnd;
    List<int[]> found;
    SuccessorCache cache;
    Estimates estimates;
    Outcomes outcomes;
    Timings timings;
    int rounds;
    int guesses;
    int accepted;
    int rolledBackTokens;
    int cancelledSteps;
    int retrievalCalls;
    int retrievalQueries;
    int modelSteps;

    final List<SessionCommand> commands = new ArrayList<>();

    KnnSession(KnnState state) {
        request = state.request();
        receivedMillis = state.receivedMillis();
        datastore = state.datastore();
        phase = state.phase();
        epoch = state.epoch();
        generating = state.generating();
        count = state.count();
        verifying = state.verifying();
        settling = state.settling();
        asked = state.asked();
        careful = state.careful();
        guessing = state.guessing();
        unguessed = state.unguessed();
        stepBeside = state.stepBeside();
        callBeside = state.callBeside();
        transcript = state.transcript();
        drafts = state.drafts();
        keys = new ArrayList<>(state.keys());
        draftEnd = state.draftEnd();
        found = state.found();
        cache = state.cache();
        estimates = state.estimates();
        outcomes = state.outcomes();
        timings = state.timings();
        Counters counters = state.counters();
        rounds = counters.rounds();
        guesses = counters.guesses();
        accepted = counters.accepted();
        rolledBackTokens = counters.rolledBackTokens();
        cancelledSteps = counters.cancelledSteps();
        retrievalCalls = counters.retrievalCalls();
        retrievalQueries = counters.retrievalQueries();
        modelSteps = counters.modelSteps();
    }

    KnnParameters parameters() {
        return request.retrieval().knn();
    }

    boolean speculative() {
        return request.retrieval().speculative();
    }

    /** Verified and drafted tokens, without the prompt. */
    int[] tokens() {
        return Tokens.concat(transcript.generated(), drafts);
    }

    /** Whether a search is out, or what it found is being settled. */
    boolean inRound() {
        return verifying != 0 || settling != 0;
    }

    /** Whether the speculation that is out is for no more than the baseline's next token. */
    boolean generatesAsBaseline() {
        return drafts.length == 0 && count == 1 && !guessing;
    }

    /** Drafts that no search was sent for. */
    int unasked() {
        return drafts.length - (inRound() ? asked : 0);
    }

    void draft(int token, float[] key) {
        drafts = Tokens.concat(drafts, new int[] {token});
        keys.add(key);
        unguessed += guessing ? 0 : 1;
    }

    /** Forgets the first drafts, which are settled. */
    void dropFirst(int settled) {
        drafts = Arrays.copyOfRange(drafts, settled, drafts.length);
        keys.subList(0, settled).clear();
        unguessed = Math.max(0, unguessed - settled);
    }

    /** Drops all drafts but the first {@code kept}, and what is being built on them. */
    void rollBack(int kept) {
        rolledBackTokens += drafts.length - kept;
        drafts = Arrays.copyOf(drafts, kept);
        keys.subList(kept, keys.size()).clear();
        unguessed = Math.min(unguessed, kept);
        draftEnd = null;
        stopGenerating();
    }

    /** Nobody waits for the running speculation any more. */
    void stopGenerating() {
        if (generating != 0) {
            generating = 0;
            cancelledSteps++;
        }
    }

    /**
     * Notes what became of the drafts of a search: so many were right, and then, unless all were,
     * one was wrong.
     */
    void judge(int right, boolean all, int window) {
        rounds += speculative() ? 1 : 0;
        int judged = right + (all ? 0 : 1);
        if (judged > unguessed) {
            outcomes = outcomes.next(window);
        }
        for (int i = unguessed; i < judged; i++) {
            guesses++;
            accepted += i < right ? 1 : 0;
            outcomes = outcomes.with(i < right);
            estimates = estimates.withOutcome(i < right);
        }
    }

    /** Notes that what is out now runs beside one another. */
    void noteBeside() {
        if (generating != 0 && verifying != 0) {
            stepBeside = true;
            callBeside = true;
        }
    }

    Counters counters() {
        return new Counters(
                rounds,
                guesses,
                accepted,
                rolledBackTokens,
                0,
                0,
                0,
                cancelledSteps,
                retrievalCalls,
                retrievalQueries,
                modelSteps);
    }

    KnnState state() {
        return new KnnState(
                request,
                receivedMillis,
                datastore,
                phase,
                epoch,
                generating,
                count,
                verifying,
                settling,
                asked,
                careful,
                guessing,
                unguessed,
                stepBeside,
                callBeside,
                transcript,
                drafts,
                keys,
                draftEnd,
                found,
                cache,
                estimates,
                outcomes,
                counters(),
                timings);
    }

    Transition<KnnState> transition() {
        return new Transition<>(state(), commands);
    }
}
