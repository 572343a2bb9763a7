package io.ralmspec.decoding;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A session while one event changes it: a copy that {@link SpeculativeDecoder} may write to. */
final class Session {
    final DecodingRequest request;
    final long receivedMillis;
    String knowledgeBase;
    Phase phase;
    int epoch;
    int generating;
    int verifying;
    int asked;
    int topN;
    boolean stepBeside;
    boolean callBeside;
    Transcript transcript;
    final List<Step> steps;
    SpeculationCache cache;
    Estimates estimates;
    Outcomes outcomes;
    Timings timings;
    int rounds;
    int guesses;
    int accepted;
    int rolledBackTokens;
    int redraftedSteps;
    int unchangedSteps;
    int recoveredTokens;
    int cancelledSteps;
    int retrievalCalls;
    int retrievalQueries;
    int modelSteps;

    /** Why the answer ends with what is committed, or null. */
    @Nullable FinishReason end;

    final List<SessionCommand> commands = new ArrayList<>();

    Session(SessionState state) {
        request = state.request();
        receivedMillis = state.receivedMillis();
        knowledgeBase = state.knowledgeBase();
        phase = state.phase();
        epoch = state.epoch();
        generating = state.generating();
        verifying = state.verifying();
        asked = state.asked();
        topN = state.topN();
        stepBeside = state.stepBeside();
        callBeside = state.callBeside();
        transcript = state.transcript();
        steps = new ArrayList<>(state.steps());
        cache = state.cache();
        estimates = state.estimates();
        outcomes = state.outcomes();
        timings = state.timings();
        Counters counters = state.counters();
        rounds = counters.rounds();
        guesses = counters.guesses();
        accepted = counters.accepted();
        rolledBackTokens = counters.rolledBackTokens();
        redraftedSteps = counters.redraftedSteps();
        unchangedSteps = counters.unchangedSteps();
        recoveredTokens = counters.recoveredTokens();
        cancelledSteps = counters.cancelledSteps();
        retrievalCalls = counters.retrievalCalls();
        retrievalQueries = counters.retrievalQueries();
        modelSteps = counters.modelSteps();
    }

    /** The committed step, whose lookup decides about the next. */
    Step first() {
        return steps.getFirst();
    }

    /** Whether the next step is known to have the right document. */
    boolean onVerifiedGround() {
        return first().truth() != null;
    }

    /** Whether the second step was drafted with a wrong document and gets the right one now. */
    boolean redrafting() {
        return onVerifiedGround() && steps.size() > 1;
    }

    /** Whether the step that is out has a document that may be wrong. */
    boolean generatesOnGuess() {
        return phase == Phase.DECODING && generating != 0 && !onVerifiedGround();
    }

    /** Steps among the first {@code count} whose truth must be asked for. */
    List<Integer> open(int count) {
        List<Integer> open = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            if (steps.get(i).open()) {
                open.add(i);
            }
        }
        return open;
    }

    /** Verified tokens, and the drafted ones that would be the answer's too. */
    int[] tokens() {
        int[] all = transcript.generated();
        for (Step step : steps) {
            if (step.kept()) {
                all = Tokens.concat(all, step.tokens());
            }
        }
        return all;
    }

    /** Notes whether a step outlived its verification. */
    void outcome(boolean survived) {
        outcomes = outcomes.with(survived);
        estimates = estimates.withOutcome(survived);
    }

    /** Notes that what is out now runs beside one another. */
    void noteBeside() {
        if (generating != 0 && verifying != 0) {
            stepBeside = true;
            callBeside = true;
        }
    }

    /** Drops the drafts. */
    void dropDrafts() {
        while (steps.size() > 1) {
            rolledBackTokens += steps.removeLast().tokens().length;
        }
    }

    /** Nobody waits for the running step any more. */
    void stopGenerating() {
        if (generating != 0) {
            generating = 0;
            cancelledSteps++;
        }
    }

    Counters counters() {
        return new Counters(
                rounds,
                guesses,
                accepted,
                rolledBackTokens,
                redraftedSteps,
                unchangedSteps,
                recoveredTokens,
                cancelledSteps,
                retrievalCalls,
                retrievalQueries,
                modelSteps);
    }

    Transition<SessionState> transition() {
        SessionState state =
                new SessionState(
                        request,
                        receivedMillis,
                        knowledgeBase,
                        phase,
                        epoch,
                        generating,
                        verifying,
                        asked,
                        topN,
                        stepBeside,
                        callBeside,
                        transcript,
                        steps,
                        cache,
                        estimates,
                        outcomes,
                        counters(),
                        timings);
        return new Transition<>(state, commands);
    }
}
