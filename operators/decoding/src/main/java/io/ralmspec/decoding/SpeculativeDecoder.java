package io.ralmspec.decoding;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The algorithm, as a pure state machine: a session and an event go in, the new session and what to
 * do now come out. Time comes in as numbers.
 *
 * <p>A <i>round</i> starts from a verified document. Each of its <i>steps</i> generates one stride
 * with the current document, forms the next query, and guesses that query's document from the
 * speculation cache; the guess is the next step's document. After s steps one knowledge base call
 * answers all their queries. Up to and including the first step whose guess was wrong, tokens are
 * right and become the answer's; later ones are dropped, and the next round starts from the true
 * document (paper algorithm 1, in the variant that its code runs, where a round always commits at
 * least one stride). A step that ends the answer ends the round, and its query is never asked.
 *
 * <p>Baseline decoding is the same machine with s = 1 and no cache: every query is asked and waited
 * for.
 *
 * <p>Owns nothing; thread-safe if the scorers and the tokenizer are.
 */
public final class SpeculativeDecoder {
    private final ModelProfile profile;
    private final StopRules stopRules;
    private final DocumentCatalog catalog;
    private final Function<RetrieverKind, ? extends DocumentScorer> scorers;

    public SpeculativeDecoder(
            ModelProfile profile,
            Tokenizer tokenizer,
            DocumentCatalog catalog,
            Function<RetrieverKind, ? extends DocumentScorer> scorers) {
        this.profile = profile;
        this.stopRules = new StopRules(profile, tokenizer);
        this.catalog = catalog;
        this.scorers = scorers;
    }

    /** Starts a submitted session. */
    public Transition start(SessionState submitted, long nowMillis) {
        if (submitted.phase() != Phase.SUBMITTED) {
            throw new IllegalStateException(
                    "session %s must be SUBMITTED to start (is %s)"
                            .formatted(submitted.request().id(), submitted.phase()));
        }
        SessionState state =
                submitted
                        .with(Phase.PREPARING)
                        .with(submitted.timings().withQueue(seconds(submitted, nowMillis)));
        return new Transition(state, pending(state));
    }

    /** One event. A stale one changes nothing and returns the state itself. */
    public Transition step(SessionState state, Event event, long nowMillis) {
        if (state.finished()) {
            return unchanged(state);
        }
        return switch (event) {
            case Event.Prepared e -> prepared(state, e, nowMillis);
            case Event.Generated e -> generated(state, e, nowMillis);
            case Event.Verified e -> verified(state, e, nowMillis);
            case Event.Failed e ->
                    e.epoch() == state.epoch()
                            ? fail(state, e.code(), "", e.message(), nowMillis)
                            : unchanged(state);
            case Event.Cancelled e -> finish(state, FinishReason.CANCELLED, null, nowMillis);
            case Event.DeadlinePassed e -> finish(state, FinishReason.DEADLINE, null, nowMillis);
        };
    }

    /** The commands whose results a session waits for: what to run again after a restart. */
    public List<Command> pending(SessionState state) {
        DecodingRequest request = state.request();
        RetrievalParameters retrieval = request.retrieval();
        return switch (state.phase()) {
            case SUBMITTED, FINISHED -> List.of();
            case PREPARING ->
                    List.of(
                            new Command.Prepare(
                                    request.id(),
                                    request.prompt(),
                                    retrieval.retriever(),
                                    retrieval.queryTokens()));
            case RETRIEVING, VERIFYING ->
                    List.of(
                            new Command.Verify(
                                    state.epoch(),
                                    retrieval.retriever(),
                                    state.queriesToVerify(),
                                    speculative(request) ? retrieval.prefetch() : 1));
            case GENERATING -> List.of(nextStep(state));
        };
    }

    private Command nextStep(SessionState state) {
        DecodingRequest request = state.request();
        RetrievalParameters retrieval = request.retrieval();
        Transcript transcript = state.transcript();
        int[] drafted = state.draftedTokens();
        int room = stopRules.limit(request, transcript.prompt().length) - drafted.length;
        Hit document = state.steps().isEmpty() ? state.document() : state.steps().getLast().guess();
        int[] tokens = Tokens.concat(transcript.prompt(), drafted);
        return new Command.Generate(
                state.epoch(),
                state.steps().size(),
                new Context(request.id(), document.document(), tokens),
                Math.min(retrieval.stride(), room),
                request.sampling(),
                retrieval.retriever(),
                retrieval.queryTokens());
    }

    private Transition prepared(SessionState state, Event.Prepared event, long nowMillis) {
        if (state.phase() != Phase.PREPARING) {
            return unchanged(state);
        }
        int tokens = event.promptTokens().length;
        int room = profile.sequenceTokens() - 1;
        if (tokens == 0) {
            return fail(
                    state,
                    ErrorCode.INVALID_FIELD,
                    "prompt",
                    "`prompt` must have at least 1 token (got 0)",
                    nowMillis);
        }
        if (tokens > room) {
            return fail(
                    state,
                    ErrorCode.PROMPT_TOO_LONG,
                    "prompt",
                    ("`prompt` must be <= %d tokens (got %d): the model's context of %d tokens"
                                    + " keeps %d for the document; shorten the prompt")
                            .formatted(
                                    room,
                                    tokens,
                                    profile.contextLength(),
                                    profile.documentTokens()),
                    nowMillis);
        }
        SessionState next =
                state.with(state.timings().plusGeneration(event.seconds()))
                        .with(state.transcript().withPrompt(event.promptTokens()))
                        .with(List.of(new Step(Tokens.NONE, event.query(), Hit.NONE, null)))
                        .with(Phase.RETRIEVING);
        return waiting(next);
    }

    private Transition generated(SessionState state, Event.Generated event, long nowMillis) {
        if (state.phase() != Phase.GENERATING
                || event.epoch() != state.epoch()
                || event.step() != state.steps().size()) {
            return unchanged(state);
        }
        DecodingRequest request = state.request();
        int promptTokens = state.transcript().prompt().length;
        StopRules.Cut cut =
                stopRules.cut(request, promptTokens, state.draftedTokens(), event.tokens());
        Hit guess =
                speculative(request) && cut.end() == null
                        ? state.cache().top(event.nextQuery(), scorer(request))
                        : Hit.NONE;
        List<Step> steps = new ArrayList<>(state.steps());
        steps.add(new Step(cut.tokens(), event.nextQuery(), guess, cut.end()));

        SessionState next =
                state.with(state.timings().plusGeneration(event.seconds()))
                        .with(state.counters().plusModelStep())
                        .with(steps);
        if (cut.end() != null && steps.size() == 1) {
            // The only document in use is verified: nothing is left to ask.
            return commit(next, List.of(), nowMillis);
        }
        int roundSteps = speculative(request) ? request.retrieval().speculationStride() : 1;
        boolean roundComplete = cut.end() != null || steps.size() >= roundSteps;
        return waiting(next.with(roundComplete ? Phase.VERIFYING : Phase.GENERATING));
    }

    private Transition verified(SessionState state, Event.Verified event, long nowMillis) {
        boolean first = state.phase() == Phase.RETRIEVING;
        if ((!first && state.phase() != Phase.VERIFYING) || event.epoch() != state.epoch()) {
            return unchanged(state);
        }
        List<Hits> hits = event.hits();
        int asked = state.queriesToVerify().size();
        if (hits.size() != asked) {
            return fail(
                    state,
                    ErrorCode.RETRIEVAL_FAILED,
                    "",
                    "the knowledge base must answer %d queries (got %d answers)"
                            .formatted(asked, hits.size()),
                    nowMillis);
        }
        SpeculationCache cache = state.cache();
        if (speculative(state.request())) {
            for (Hits found : hits) {
                cache = cache.with(found);
            }
        }
        SessionState next =
                state.with(state.timings().plusRetrieval(event.seconds()))
                        .with(state.counters().plusRetrieval(asked))
                        .with(cache);
        return first
                ? waiting(next.nextRound(hits.getFirst().top()))
                : commit(next, hits, nowMillis);
    }

    /** Steps whose guess is the true document, up to the first that is wrong. By id, not score. */
    private static int leadingMatches(SessionState state, List<Hits> hits) {
        int right = 0;
        while (right < hits.size()
                && state.steps().get(right).guess().document()
                        == hits.get(right).top().document()) {
            right++;
        }
        return right;
    }

    /**
     * Makes the round's right steps the answer's, drops the rest, and goes on from the true
     * document.
     *
     * @param hits the true documents after each step, as far as they were asked for
     */
    private Transition commit(SessionState state, List<Hits> hits, long nowMillis) {
        List<Step> steps = state.steps();
        boolean guessed = speculative(state.request());
        int right = guessed ? leadingMatches(state, hits) : 0;
        int kept = Math.min(right + 1, steps.size());

        Transcript transcript = state.transcript();
        int[] tokens = transcript.generated();
        List<Source> sources = new ArrayList<>(transcript.sources());
        for (int i = 0; i < kept; i++) {
            Hit document = i == 0 ? state.document() : hits.get(i - 1).top();
            int[] added = steps.get(i).tokens();
            addSource(sources, document, tokens.length, added.length);
            tokens = Tokens.concat(tokens, added);
        }
        int dropped =
                steps.subList(kept, steps.size()).stream().mapToInt(s -> s.tokens().length).sum();
        int judged = guessed ? Math.min(right + 1, hits.size()) : 0;
        SessionState next =
                state.with(transcript.withGenerated(tokens, sources))
                        .with(state.counters().plusRound(judged, right, dropped));
        if (tokens.length > 0 && transcript.generated().length == 0) {
            next = next.with(next.timings().withFirstToken(seconds(state, nowMillis)));
        }

        FinishReason end = steps.get(kept - 1).end();
        if (end != null) {
            return finish(next, end, null, nowMillis);
        }
        List<Command> commands = new ArrayList<>();
        next = delta(next, commands).nextRound(hits.get(kept - 1).top());
        commands.addAll(pending(next));
        return new Transition(next, commands);
    }

    private void addSource(List<Source> sources, Hit document, int from, int count) {
        if (document.isNone() || count == 0) {
            return;
        }
        sources.add(
                new Source(
                        catalog.id(document.document()),
                        catalog.title(document.document()),
                        document.score(),
                        from,
                        from + count));
    }

    private SessionState delta(SessionState state, List<Command> commands) {
        if (!state.request().stream()) {
            return state;
        }
        Transcript t = state.transcript();
        String text = stopRules.stableText(t.generated(), state.request().stop());
        if (text.length() <= t.deltaCharacters()) {
            return state;
        }
        String added = text.substring(t.deltaCharacters());
        commands.add(
                new Command.EmitDelta(new Delta(state.request().id(), t.deltas(), added, false)));
        return state.with(t.withDelta(added.length()));
    }

    private Transition fail(
            SessionState state, ErrorCode code, String field, String message, long nowMillis) {
        RequestError error = new RequestError(code, field, message);
        return finish(state, FinishReason.ERROR, error, nowMillis);
    }

    /** Ends the session with the verified tokens; drafted ones are gone. */
    private Transition finish(
            SessionState state, FinishReason reason, @Nullable RequestError error, long nowMillis) {
        DecodingRequest request = state.request();
        Transcript t = state.transcript();
        String text = stopRules.text(t.generated(), request.stop());
        Timings timings = state.timings().withTotal(seconds(state, nowMillis));
        List<Command> commands = new ArrayList<>();
        if (request.stream()) {
            String rest = text.substring(Math.min(text.length(), t.deltaCharacters()));
            commands.add(new Command.EmitDelta(new Delta(request.id(), t.deltas(), rest, true)));
        }
        commands.add(
                new Command.Finish(
                        new Answer(
                                request.id(),
                                text,
                                t.generated(),
                                reason,
                                t.prompt().length,
                                t.sources(),
                                state.counters(),
                                timings,
                                error)));
        return new Transition(
                state.with(timings).with(List.<Step>of()).with(Phase.FINISHED), commands);
    }

    private Transition waiting(SessionState state) {
        return new Transition(state, pending(state));
    }

    private static Transition unchanged(SessionState state) {
        return new Transition(state, List.of());
    }

    private DocumentScorer scorer(DecodingRequest request) {
        return scorers.apply(request.retrieval().retriever());
    }

    private static boolean speculative(DecodingRequest request) {
        return request.retrieval().mode() == DecodingMode.SPECULATIVE;
    }

    private static double seconds(SessionState state, long nowMillis) {
        return Math.max(0, nowMillis - state.receivedMillis()) / 1000.0;
    }
}
