package io.ralmspec.decoding.knnlm;

import io.ralmspec.decoding.AnswerRules;
import io.ralmspec.decoding.Delta;
import io.ralmspec.decoding.ErrorCode;
import io.ralmspec.decoding.Estimates;
import io.ralmspec.decoding.FinishReason;
import io.ralmspec.decoding.ModelProfile;
import io.ralmspec.decoding.Phase;
import io.ralmspec.decoding.Plan;
import io.ralmspec.decoding.RequestError;
import io.ralmspec.decoding.SessionCommand;
import io.ralmspec.decoding.SessionDecoder;
import io.ralmspec.decoding.SessionEvent;
import io.ralmspec.decoding.StopRules;
import io.ralmspec.decoding.StrideSettings;
import io.ralmspec.decoding.Tokenizer;
import io.ralmspec.decoding.Tokens;
import io.ralmspec.decoding.Transition;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * KNN-LM decoding with speculation (paper section 5), as a pure state machine: a session and an
 * event go in, the new session and what to do now come out. Time comes in as numbers.
 *
 * <p>A session has verified tokens and drafted ones after them:
 *
 * <pre>
 *   verified tokens │ draft     draft     draft
 *                   key       key       key
 *                   neighbours?         ...
 * </pre>
 *
 * Each draft is guessed from the model's state before it and from the neighbours that the session's
 * cache has for that state's key. After s drafts, one search finds the true neighbours of all their
 * keys; with these, the model's states, which the worker kept, tell the true tokens. Drafts are
 * committed as long as they are the true tokens, whatever their neighbours were; the first that is
 * not is replaced by the true one, without another run of the model, and those behind it are
 * dropped. So a search commits at least one token. Asynchronous verification is going on while a
 * search is out. Baseline decoding is the same machine with one key per search.
 *
 * <p>Owns nothing; thread-safe if the tokenizer and the datastore are.
 */
public final class KnnDecoder implements SessionDecoder<KnnState> {
    private final StopRules stopRules;
    private final Datastore datastore;
    private final StrideSettings settings;
    private final KnnPlanner planner;
    private final AnswerRules answers;

    public KnnDecoder(
            ModelProfile profile,
            Tokenizer tokenizer,
            Datastore datastore,
            StrideSettings settings) {
        this.stopRules = new StopRules(profile, tokenizer);
        this.datastore = datastore;
        this.settings = settings;
        this.planner = new KnnPlanner(settings, stopRules);
        this.answers = new AnswerRules(profile, stopRules);
    }

    @Override
    public Transition<KnnState> start(KnnState submitted, Estimates expected, long nowMillis) {
        if (submitted.phase() != Phase.SUBMITTED) {
            throw new IllegalStateException(
                    "session %s must be SUBMITTED to start (is %s)"
                            .formatted(submitted.request().id(), submitted.phase()));
        }
        KnnSession s = new KnnSession(submitted);
        s.datastore = datastore.fingerprint();
        s.phase = Phase.PREPARING;
        s.estimates = expected;
        s.timings = s.timings.withQueue(AnswerRules.seconds(s.receivedMillis, nowMillis));
        s.generating = ++s.epoch;
        s.commands.add(KnnCommands.preparation(s));
        return s.transition();
    }

    @Override
    public Transition<KnnState> step(KnnState state, SessionEvent event, long nowMillis) {
        if (!concerns(state, event)) {
            return new Transition<>(state, List.of());
        }
        KnnSession s = new KnnSession(state);
        switch (event) {
            case KnnEvent.Prepared e -> prepared(s, e, nowMillis);
            case KnnEvent.Speculated e -> speculated(s, e);
            case KnnEvent.Searched e -> searched(s, e, nowMillis);
            case KnnEvent.Settled e -> settled(s, e, nowMillis);
            case SessionEvent.Failed e -> failed(s, e, nowMillis);
            case SessionEvent.Cancelled e -> finish(s, FinishReason.CANCELLED, null, nowMillis);
            case SessionEvent.DeadlinePassed e -> finish(s, FinishReason.DEADLINE, null, nowMillis);
            default -> throw new IllegalStateException("an event that concerns no session");
        }
        return s.transition();
    }

    @Override
    public Transition<KnnState> abort(
            KnnState state, ErrorCode code, String message, long nowMillis) {
        KnnSession s = new KnnSession(state);
        fail(s, code, message, nowMillis);
        return s.transition();
    }

    /**
     * The neighbours of drafts that were being settled are too many to be stored, so they are
     * searched for again. On another datastore, the positions that a session holds mean others.
     */
    @Override
    public Transition<KnnState> resume(KnnState state, long nowMillis) {
        String started = state.datastore();
        if (started.isEmpty() || started.equals(datastore.fingerprint())) {
            return askedAgain(state);
        }
        if (state.transcript().deltas() > 0) {
            return abort(
                    state,
                    ErrorCode.KNOWLEDGE_BASE_CHANGED,
                    "the datastore must stay the same while an answer is streamed (got another"
                            + " after a restart): send the request again under a new id",
                    nowMillis);
        }
        KnnSession s = new KnnSession(KnnState.submitted(state.request(), state.receivedMillis()));
        // What still comes for the old commands stays stale.
        s.epoch = state.epoch();
        return start(s.state(), state.estimates(), nowMillis);
    }

    private Transition<KnnState> askedAgain(KnnState state) {
        KnnSession s = new KnnSession(state);
        if (s.generating != 0) {
            s.commands.add(
                    s.phase == Phase.PREPARING
                            ? KnnCommands.preparation(s)
                            : KnnCommands.speculation(s));
        }
        if (s.settling != 0) {
            search(s, s.asked);
        } else if (s.verifying != 0) {
            s.commands.add(KnnCommands.search(s, count(s)));
        }
        return s.transition();
    }

    private static boolean concerns(KnnState state, SessionEvent event) {
        if (state.finished()) {
            return false;
        }
        boolean decoding = state.phase() == Phase.DECODING;
        int generating = state.generating();
        int verifying = state.verifying();
        int settling = state.settling();
        return switch (event) {
            case KnnEvent.Prepared e -> !decoding && isOf(generating, e.epoch());
            case KnnEvent.Speculated e -> decoding && isOf(generating, e.epoch());
            case KnnEvent.Searched e -> isOf(verifying, e.epoch());
            case KnnEvent.Settled e -> isOf(settling, e.epoch());
            case SessionEvent.Failed e ->
                    isOf(generating, e.epoch())
                            || isOf(verifying, e.epoch())
                            || isOf(settling, e.epoch());
            case SessionEvent.Cancelled e -> true;
            case SessionEvent.DeadlinePassed e -> true;
            default -> false;
        };
    }

    private static boolean isOf(int waitedFor, int epoch) {
        return waitedFor != 0 && waitedFor == epoch;
    }

    private void prepared(KnnSession s, KnnEvent.Prepared event, long nowMillis) {
        s.generating = 0;
        RequestError refusal = answers.refusal(event.promptTokens().length);
        if (refusal != null) {
            finish(s, FinishReason.ERROR, refusal, nowMillis);
            return;
        }
        s.timings = s.timings.plusGeneration(event.seconds());
        s.estimates = s.estimates.withTurn(event.load().turnSeconds());
        s.transcript = s.transcript.withPrompt(event.promptTokens());
        s.phase = Phase.DECODING;
        proceed(s);
    }

    private void speculated(KnnSession s, KnnEvent.Speculated event) {
        int[] tokens = event.tokens();
        if (tokens.length > s.count || event.keys().size() != tokens.length) {
            throw new IllegalStateException(
                    "request %s: speculated tokens must be <= %d, with a key each (got %d, %d keys)"
                            .formatted(
                                    s.request.id(), s.count, tokens.length, event.keys().size()));
        }
        s.generating = 0;
        // A request's first step reads its prompt too.
        boolean typical = s.modelSteps > 0 || s.estimates.step() == 0;
        s.modelSteps += tokens.length;
        s.timings = s.timings.plusGeneration(event.seconds());
        s.estimates = s.estimates.withTurn(event.load().turnSeconds());
        if (tokens.length > 0 && typical) {
            double each = event.ownSeconds() / tokens.length;
            s.estimates = s.estimates.withStep(each, s.stepBeside);
        }
        int prompt = s.transcript.prompt().length;
        for (int i = 0; i < tokens.length && s.draftEnd == null; i++) {
            int[] token = {tokens[i]};
            s.draftEnd = stopRules.cut(s.request, prompt, s.tokens(), token).end();
            s.draft(tokens[i], event.keys().get(i));
        }
        proceed(s);
    }

    private void searched(KnnSession s, KnnEvent.Searched event, long nowMillis) {
        List<Neighbours> neighbours = event.neighbours();
        if (neighbours.size() != s.asked) {
            fail(
                    s,
                    ErrorCode.RETRIEVAL_FAILED,
                    "the datastore must answer %d keys (got %d answers)"
                            .formatted(s.asked, neighbours.size()),
                    nowMillis);
            return;
        }
        s.verifying = 0;
        s.settling = ++s.epoch;
        s.retrievalCalls++;
        s.retrievalQueries += s.asked;
        s.timings = s.timings.plusRetrieval(event.seconds());
        s.estimates = s.estimates.withCall(s.asked, 1, event.seconds(), s.callBeside);
        if (planner.remembers(s)) {
            int kept = s.parameters().prefetch();
            s.found =
                    neighbours.stream()
                            .map(n -> Arrays.copyOf(n.positions(), Math.min(kept, n.size())))
                            .toList();
        }
        s.commands.add(KnnCommands.settling(s, neighbours));
    }

    /**
     * Neighbours to search for: all that the cache is to have, where these are found beside those
     * that decide.
     */
    private int count(KnnSession s) {
        int neighbours = s.parameters().neighbours();
        SearchKind kind = SearchKind.of(s.request.retrieval().retriever());
        return planner.remembers(s)
                ? Math.min(
                        Math.max(neighbours, s.parameters().prefetch()),
                        datastore.largestCount(neighbours, kind))
                : neighbours;
    }

    /** Commits the true tokens, and keeps the drafts behind them if all were right. */
    private void settled(KnnSession s, KnnEvent.Settled event, long nowMillis) {
        int[] tokens = event.tokens();
        int same = Tokens.commonPrefix(tokens, Arrays.copyOf(s.drafts, s.asked));
        boolean right = same == s.asked;
        if (tokens.length != (right ? s.asked : same + 1)) {
            throw new IllegalStateException(
                    ("request %s: settled tokens must be the %d drafts asked about, up to the first"
                                    + " that differs (got %d, of which %d are the drafts)")
                            .formatted(s.request.id(), s.asked, tokens.length, same));
        }
        s.settling = 0;
        s.careful = false;
        s.timings = s.timings.plusGeneration(event.seconds());
        s.judge(same, right, settings.window());
        if (!s.found.isEmpty()) {
            s.cache = s.cache.with(s.found, tokens.length - 1, s.parameters(), datastore.size());
            s.found = List.of();
        }
        if (!right) {
            s.rollBack(tokens.length);
        }
        s.dropFirst(tokens.length);
        commit(s, tokens, nowMillis);
    }

    private void commit(KnnSession s, int[] tokens, long nowMillis) {
        int[] before = s.transcript.generated();
        StopRules.Cut cut = stopRules.cut(s.request, s.transcript.prompt().length, before, tokens);
        if (before.length == 0 && cut.tokens().length > 0) {
            s.timings = s.timings.withFirstToken(AnswerRules.seconds(s.receivedMillis, nowMillis));
        }
        s.transcript = s.transcript.withStride(cut.tokens(), null);
        FinishReason end = cut.end();
        if (end != null) {
            finish(s, end, null, nowMillis);
            return;
        }
        Delta delta = answers.growth(s.request, s.transcript);
        if (delta != null) {
            s.commands.add(new SessionCommand.EmitDelta(delta));
            s.transcript = s.transcript.withDelta(delta.text().length());
        }
        proceed(s);
    }

    /**
     * Only a failure that the baseline meets too ends the request. A guess may be what failed the
     * model, and a drafted key the datastore: then the session goes on from what is certain, and
     * guesses again once that is verified.
     */
    private void failed(KnnSession s, SessionEvent.Failed event, long nowMillis) {
        boolean speculating = s.phase == Phase.DECODING && event.epoch() == s.generating;
        if (speculating && !s.generatesAsBaseline()) {
            s.stopGenerating();
            s.careful = true;
            proceed(s);
        } else if (s.inRound() && !speculating && s.asked > 1) {
            s.rollBack(1);
            s.careful = true;
            search(s, 1);
        } else {
            fail(s, event.code(), event.message(), nowMillis);
        }
    }

    /** Starts what can run now: a speculation, a search, or both. */
    private void proceed(KnnSession s) {
        Plan plan = planner.plan(s);
        speculate(s, plan);
        if (KnnPlanner.searches(s, plan)) {
            search(s, s.drafts.length);
            // What is asked for leaves room for drafts ahead of it.
            speculate(s, plan);
        }
    }

    private void speculate(KnnSession s, Plan plan) {
        int count = planner.speculates(s, plan);
        if (count > 0) {
            s.generating = ++s.epoch;
            s.count = count;
            s.guessing = plan.guesses() && !s.cache.isEmpty();
            s.stepBeside = false;
            s.noteBeside();
            s.commands.add(KnnCommands.speculation(s));
        }
    }

    /** Asks for the truth about the first drafts. */
    private void search(KnnSession s, int asked) {
        s.settling = 0;
        s.found = List.of();
        s.verifying = ++s.epoch;
        s.asked = asked;
        s.callBeside = false;
        s.noteBeside();
        s.commands.add(KnnCommands.search(s, count(s)));
    }

    private void fail(KnnSession s, ErrorCode code, String message, long nowMillis) {
        finish(s, FinishReason.ERROR, new RequestError(code, "", message), nowMillis);
    }

    /** Ends the session with the verified tokens; drafted ones are gone. */
    private void finish(
            KnnSession s, FinishReason reason, @Nullable RequestError error, long nowMillis) {
        s.timings = s.timings.withTotal(AnswerRules.seconds(s.receivedMillis, nowMillis));
        s.verifying = 0;
        s.settling = 0;
        s.found = List.of();
        s.stopGenerating();
        s.dropFirst(s.drafts.length);
        s.phase = Phase.FINISHED;
        s.commands.addAll(
                answers.end(s.request, s.transcript, reason, s.counters(), s.timings, error));
    }
}
