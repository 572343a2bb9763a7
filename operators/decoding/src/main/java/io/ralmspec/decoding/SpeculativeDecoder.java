package io.ralmspec.decoding;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * The algorithm, as a pure state machine: a session and an event go in, the new session and what to
 * do now come out. Time comes in as numbers.
 *
 * <p>A session has one committed step and drafted ones after it (paper algorithm 1, in the variant
 * that its code runs, where every verification commits at least one step):
 *
 * <pre>
 *   committed step     draft              draft
 *   query              tokens, query      tokens, query
 *   guess ───────────► guess ───────────► guess ───────────► the next draft's document
 *   truth?             truth?             truth?
 * </pre>
 *
 * Each step generates one stride with the guess before it, forms the next query, and guesses that
 * query's document from the speculation cache. After s lookups, one knowledge base call answers all
 * their queries ({@link #verified}). Then, from the front, drafts whose document was right are
 * committed ({@link #settle}). At the first that was wrong, drafts are dropped, or, with draft
 * recovery, the first of them is scored again with the true document: if no token changes, its
 * query and all that was built on it stand ({@link #redrafted}). Asynchronous verification is
 * nothing but going on while a call is out. Baseline decoding is the same machine without a cache:
 * every query is asked and waited for.
 *
 * <p>Owns nothing; thread-safe if the retrievers and the tokenizer are.
 */
public final class SpeculativeDecoder implements SessionDecoder<SessionState> {
    private final StopRules stopRules;
    private final KnowledgeBase knowledgeBase;
    private final StrideSettings settings;
    private final SpeculationPlanner planner;
    private final Guesses guesses;
    private final SessionCommands outstanding;
    private final SessionAnswers answers;

    /**
     * @param retrievers of the knowledge base, for guesses: what they are asked is not verification
     */
    public SpeculativeDecoder(
            ModelProfile profile,
            Tokenizer tokenizer,
            KnowledgeBase knowledgeBase,
            Function<RetrieverKind, ? extends Retriever> retrievers,
            StrideSettings settings) {
        this.stopRules = new StopRules(profile, tokenizer);
        this.knowledgeBase = knowledgeBase;
        this.settings = settings;
        this.planner = new SpeculationPlanner(settings, stopRules);
        this.guesses = new Guesses(planner, knowledgeBase, retrievers);
        this.outstanding = new SessionCommands(stopRules);
        this.answers = new SessionAnswers(profile, stopRules);
    }

    @Override
    public Transition<SessionState> start(
            SessionState submitted, Estimates expected, long nowMillis) {
        if (submitted.phase() != Phase.SUBMITTED) {
            throw new IllegalStateException(
                    "session %s must be SUBMITTED to start (is %s)"
                            .formatted(submitted.request().id(), submitted.phase()));
        }
        Session s = new Session(submitted);
        s.knowledgeBase = knowledgeBase.fingerprint();
        s.phase = Phase.PREPARING;
        s.estimates = expected;
        s.timings = s.timings.withQueue(SessionAnswers.seconds(s, nowMillis));
        s.generating = ++s.epoch;
        s.commands.add(outstanding.preparation(s));
        return s.transition();
    }

    @Override
    public Transition<SessionState> step(SessionState state, SessionEvent event, long nowMillis) {
        if (!concerns(state, event)) {
            return new Transition<>(state, List.of());
        }
        Session s = new Session(state);
        switch (event) {
            case Event.Prepared e -> prepared(s, e, nowMillis);
            case Event.Generated e -> generated(s, e, nowMillis);
            case Event.Verified e -> verified(s, e, nowMillis);
            case SessionEvent.Failed e -> failed(s, e, nowMillis);
            case SessionEvent.Cancelled e ->
                    answers.finish(s, FinishReason.CANCELLED, null, nowMillis);
            case SessionEvent.DeadlinePassed e ->
                    answers.finish(s, FinishReason.DEADLINE, null, nowMillis);
            default -> throw new IllegalStateException("an event that concerns no session");
        }
        return s.transition();
    }

    @Override
    public Transition<SessionState> abort(
            SessionState state, ErrorCode code, String message, long nowMillis) {
        Session s = new Session(state);
        answers.fail(s, code, "", message, nowMillis);
        return s.transition();
    }

    /** The commands whose results a session waits for: what to run again after a restart. */
    public List<SessionCommand> pending(SessionState state) {
        Session s = new Session(state);
        List<SessionCommand> commands = new ArrayList<>();
        if (s.phase == Phase.PREPARING) {
            commands.add(outstanding.preparation(s));
        } else if (s.phase == Phase.DECODING) {
            if (s.generating != 0) {
                commands.add(outstanding.generation(s));
            }
            if (s.verifying != 0) {
                commands.add(outstanding.verification(s));
            }
        }
        return commands;
    }

    /** On another knowledge base, the documents that a session holds mean others. */
    @Override
    public Transition<SessionState> resume(SessionState state, long nowMillis) {
        String started = state.knowledgeBase();
        if (started.isEmpty() || started.equals(knowledgeBase.fingerprint())) {
            return new Transition<>(state, pending(state));
        }
        if (state.transcript().deltas() > 0) {
            return abort(
                    state,
                    ErrorCode.KNOWLEDGE_BASE_CHANGED,
                    "the knowledge base must stay the same while an answer is streamed (got another"
                            + " after a restart): send the request again under a new id",
                    nowMillis);
        }
        Session s = new Session(SessionState.submitted(state.request(), state.receivedMillis()));
        // What still comes for the old commands stays stale.
        s.epoch = state.epoch();
        return start(s.transition().state(), state.estimates(), nowMillis);
    }

    private static boolean concerns(SessionState state, SessionEvent event) {
        if (state.finished()) {
            return false;
        }
        int generating = state.generating();
        int verifying = state.verifying();
        return switch (event) {
            case Event.Prepared e -> state.phase() == Phase.PREPARING && e.epoch() == generating;
            case Event.Generated e -> state.phase() == Phase.DECODING && e.epoch() == generating;
            case Event.Verified e -> verifying != 0 && e.epoch() == verifying;
            case SessionEvent.Failed e ->
                    e.epoch() != 0 && (e.epoch() == generating || e.epoch() == verifying);
            case SessionEvent.Cancelled e -> true;
            case SessionEvent.DeadlinePassed e -> true;
            default -> false;
        };
    }

    private void prepared(Session s, Event.Prepared event, long nowMillis) {
        if (answers.refusesPrompt(s, event.promptTokens().length, nowMillis)) {
            return;
        }
        s.generating = 0;
        s.timings = s.timings.plusGeneration(event.seconds());
        s.estimates = s.estimates.withTurn(event.load().turnSeconds());
        s.transcript = s.transcript.withPrompt(event.promptTokens());
        s.phase = Phase.DECODING;
        Plan plan = planner.plan(s);
        Step prompt = new Step(Tokens.NONE, true, event.query(), null, null, null);
        s.steps.add(guesses.guessing(s, prompt, plan));
        proceed(s, plan);
    }

    private void generated(Session s, Event.Generated event, long nowMillis) {
        s.generating = 0;
        s.modelSteps++;
        s.timings = s.timings.plusGeneration(event.seconds());
        s.estimates = s.estimates.withTurn(event.load().turnSeconds());
        Step step = stepOf(s, event);
        boolean redraft = s.redrafting();
        // A request's first step reads its prompt too, and always runs alone.
        boolean typical = s.modelSteps > 1 || s.estimates.step() == 0;
        if (!redraft && typical) {
            s.estimates = s.estimates.withStep(event.ownSeconds(), s.stepBeside);
        }
        Plan plan = planner.plan(s);
        if (redraft) {
            redrafted(s, step, plan);
        } else {
            s.steps.add(guesses.guessing(s, step, plan));
        }
        if (!s.onVerifiedGround()) {
            proceed(s, plan);
            return;
        }
        commit(s, nowMillis);
        settle(s, nowMillis);
        goOn(s, nowMillis);
    }

    /** The second step again, now with the right document: if it came out the same, all stands. */
    private void redrafted(Session s, Step step, Plan plan) {
        Step drafted = s.steps.get(1);
        int recovered = Tokens.commonPrefix(step.tokens(), drafted.tokens());
        boolean unchanged = step.agreesWith(drafted);
        s.redraftedSteps++;
        s.recoveredTokens += recovered;
        s.outcome(unchanged);
        if (unchanged) {
            s.unchangedSteps++;
        } else {
            s.dropDrafts();
            s.rolledBackTokens -= recovered;
            s.steps.add(guesses.guessing(s, step, plan));
        }
    }

    private void verified(Session s, Event.Verified event, long nowMillis) {
        List<Integer> open = s.open(s.asked);
        List<Hits> hits = event.hits();
        if (hits.size() != open.size()) {
            answers.fail(
                    s,
                    ErrorCode.RETRIEVAL_FAILED,
                    "",
                    "the knowledge base must answer %d queries (got %d answers)"
                            .formatted(open.size(), hits.size()),
                    nowMillis);
            return;
        }
        s.verifying = 0;
        boolean speculated = s.retrievalCalls > 0 || s.first().guess() != null;
        s.rounds += s.request.retrieval().speculative() && speculated ? 1 : 0;
        s.retrievalCalls++;
        s.retrievalQueries += hits.size();
        s.timings = s.timings.plusRetrieval(event.seconds());
        s.estimates = s.estimates.withCall(hits.size(), s.topN, event.seconds(), s.callBeside);
        s.outcomes = s.outcomes.next(settings.window());
        for (int i = 0; i < hits.size(); i++) {
            int at = open.get(i);
            s.steps.set(at, s.steps.get(at).withTruth(hits.get(i).top()));
        }
        if (s.request.retrieval().speculative()) {
            int closest = 0;
            while (closest < hits.size() - 1 && s.steps.get(open.get(closest)).guessedRight()) {
                closest++;
            }
            s.cache = s.cache.with(hits, closest);
        }
        settle(s, nowMillis);
        goOn(s, nowMillis);
    }

    /**
     * Only a failure that the baseline meets too ends the request. A guess may be what failed the
     * model, and a drafted query the knowledge base: then the session goes on from what is certain.
     * It does not fail so forever, as the verification that follows commits a step or ends it.
     */
    private void failed(Session s, SessionEvent.Failed event, long nowMillis) {
        if (s.generatesOnGuess() && event.epoch() == s.generating) {
            s.stopGenerating();
            // Without a guess, the next step waits for the truth.
            s.steps.set(s.steps.size() - 1, s.steps.getLast().guessing(null));
            proceed(s, planner.plan(s));
        } else if (event.epoch() == s.verifying && s.open(s.asked).size() > 1) {
            s.stopGenerating();
            s.dropDrafts();
            Plan plan = planner.plan(s);
            verify(s, plan);
            generateIfPossible(s, plan);
        } else {
            answers.fail(s, event.code(), "", event.message(), nowMillis);
        }
    }

    /**
     * Commits drafts from the front as long as their document was right, by id, not by score. At
     * one that was wrong, prepares for its redraft or drops the drafts.
     */
    private void settle(Session s, long nowMillis) {
        while (s.end == null && s.onVerifiedGround()) {
            Step first = s.first();
            boolean right = first.guessedRight();
            boolean judged = first.guess() != null && first.query() != null;
            s.guesses += judged ? 1 : 0;
            s.accepted += judged && right ? 1 : 0;
            if (right && judged) {
                s.outcome(true);
            }
            if (right && s.steps.size() > 1) {
                commit(s, nowMillis);
                continue;
            }
            if (!right) {
                s.steps.set(0, first.corrected());
                s.stopGenerating();
                if (!s.request.retrieval().speculation().recovery() || s.steps.size() == 1) {
                    s.dropDrafts();
                    if (judged) {
                        s.outcome(false);
                    }
                }
            }
            return;
        }
    }

    /** Makes the first draft, which had the right document, the committed step. */
    private void commit(Session s, long nowMillis) {
        Hit document = s.steps.removeFirst().truth();
        Step step = s.first();
        if (document == null) {
            throw new IllegalStateException("a step must have a verified document to be committed");
        }
        if (step.kept()) {
            Transcript t = s.transcript;
            if (t.generated().length == 0 && step.tokens().length > 0) {
                s.timings = s.timings.withFirstToken(SessionAnswers.seconds(s, nowMillis));
            }
            int from = t.generated().length;
            int count = step.tokens().length;
            s.transcript =
                    t.withStride(step.tokens(), Source.of(knowledgeBase, document, from, count));
        }
        Step committed = step.committed();
        s.steps.set(0, committed.query() == null ? committed.withTruth(document) : committed);
        s.end = step.end();
    }

    private void goOn(Session s, long nowMillis) {
        if (s.end != null) {
            answers.finish(s, s.end, null, nowMillis);
        } else {
            answers.delta(s);
            // Planned anew: less is left to look up, and more is known.
            proceed(s, planner.plan(s));
        }
    }

    /** Starts what can run now: a step, a verification, or both. */
    private void proceed(Session s, Plan plan) {
        generateIfPossible(s, plan);
        if (s.verifying == 0 && SpeculationPlanner.verifies(s, plan)) {
            verify(s, plan);
            // What is asked for leaves room for drafts ahead of it.
            generateIfPossible(s, plan);
        }
    }

    /** Asks for all that is open. */
    private void verify(Session s, Plan plan) {
        s.verifying = ++s.epoch;
        s.asked = s.steps.size();
        s.topN = SpeculationPlanner.topN(s, plan);
        s.callBeside = false;
        s.noteBeside();
        s.commands.add(outstanding.verification(s));
    }

    private void generateIfPossible(Session s, Plan plan) {
        if (s.generating == 0 && planner.generates(s, plan)) {
            s.generating = ++s.epoch;
            s.stepBeside = false;
            s.noteBeside();
            s.commands.add(outstanding.generation(s));
        }
    }

    private Step stepOf(Session s, Event.Generated event) {
        Step before = s.redrafting() ? s.first() : s.steps.getLast();
        boolean iterative = s.request.retrieval().scheme() == RetrievalScheme.ITER_RETGEN;
        if (iterative && before.kept()) {
            return new Step(event.tokens(), false, event.nextQuery(), null, null, null);
        }
        int[] drafted = s.redrafting() ? s.transcript.generated() : s.tokens();
        StopRules.Cut cut =
                stopRules.cut(s.request, s.transcript.prompt().length, drafted, event.tokens());
        return new Step(cut.tokens(), true, event.nextQuery(), null, null, cut.end());
    }
}
