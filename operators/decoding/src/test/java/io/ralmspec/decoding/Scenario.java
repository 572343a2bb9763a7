package io.ralmspec.decoding;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Objects;
import java.util.Random;

/** A random request with the model and knowledge base that answer it; all from one seed. */
final class Scenario implements Simulation.World<SessionState> {
    final long seed;
    final DecodingRequest request;
    final ScriptedLanguageModel model;
    final ScriptedKnowledgeBase knowledgeBase;
    final ScriptedTokenizer tokenizer = new ScriptedTokenizer();
    final ModelSteps steps;
    final SpeculativeDecoder decoder;

    Scenario(long seed) {
        this.seed = seed;
        Random random = new Random(seed);
        int contextLength = 60 + random.nextInt(200);
        int endOneIn = pick(random, 0, 0, 17, 60);
        int documents = 1 + random.nextInt(60);
        model =
                new ScriptedLanguageModel(
                        seed, contextLength, endOneIn, pick(random, 0, 0, 0, 10, 40));
        knowledgeBase =
                new ScriptedKnowledgeBase(seed, documents, pick(random, 0, 0, 0, 0, 15, 60));
        steps = new ModelSteps(model, tokenizer, new ScriptedEncoder());
        decoder =
                new SpeculativeDecoder(
                        model.profile(),
                        tokenizer,
                        knowledgeBase,
                        knowledgeBase::retriever,
                        new StrideSettings(
                                pick(random, 1, 2, 5, 32),
                                random.nextBoolean() ? 0.6 : 0.98,
                                pick(random, 1, 5)));
        RetrievalParameters retrieval =
                new RetrievalParameters(
                        RetrieverKind.values()[random.nextInt(3)],
                        random.nextInt(8) == 0 ? DecodingMode.BASELINE : DecodingMode.SPECULATIVE,
                        RetrievalScheme.values()[pick(random, 0, 0, 1, 2)],
                        random.nextBoolean() ? 0.8 : 0.3,
                        pick(random, 1, 2, 4, 4, 7),
                        pick(random, 3, 8, 32),
                        new SpeculationPolicy(
                                StrideRule.values()[random.nextInt(3)],
                                pick(random, 1, 2, 3, 3, 5, 8),
                                pick(random, 1, 1, 5, 300),
                                random.nextBoolean(),
                                random.nextBoolean(),
                                random.nextBoolean()));
        Sampling sampling =
                random.nextBoolean() ? Sampling.GREEDY : new Sampling(0.8, 0.9, random.nextLong());
        List<String> stop =
                switch (random.nextInt(4)) {
                    case 0 -> List.of("b1 c1");
                    case 1 -> List.of("€", "k2 ");
                    default -> List.of();
                };
        request =
                new DecodingRequest(
                        "request-" + seed,
                        "tell me about " + random.nextInt(1000) + " and " + random.nextInt(1000),
                        1 + random.nextInt(100),
                        stop,
                        sampling,
                        retrieval,
                        random.nextBoolean(),
                        0);
    }

    private Scenario(Scenario other, DecodingRequest request) {
        this.seed = other.seed;
        this.request = request;
        this.model = other.model;
        this.knowledgeBase = other.knowledgeBase;
        this.steps = other.steps;
        this.decoder = other.decoder;
    }

    /**
     * The baseline's answer. Where the model or the knowledge base fails the baseline, that is its
     * error with the tokens before it.
     */
    Answer expected() {
        try {
            return new SequentialDecoder(model.profile(), tokenizer, steps, knowledgeBase)
                    .decode(request);
        } catch (ScriptedFailure e) {
            Answer answer = new Simulation<>(baseline(), new Happenings()).run(Simulation.NO_CRASH);
            RequestError error = answer.error();
            assertThat(error).as("the baseline failed, so its session must").isNotNull();
            assertThat(error.code()).isEqualTo(e.code());
            return answer;
        }
    }

    private Scenario baseline() {
        RetrievalParameters r = request.retrieval();
        return new Scenario(
                this,
                new DecodingRequest(
                        request.id(),
                        request.prompt(),
                        request.maxTokens(),
                        request.stop(),
                        request.sampling(),
                        new RetrievalParameters(
                                r.retriever(),
                                DecodingMode.BASELINE,
                                r.scheme(),
                                r.confidence(),
                                r.stride(),
                                r.queryTokens(),
                                r.speculation()),
                        request.stream(),
                        request.deadlineMillis()));
    }

    @Override
    public long seed() {
        return seed;
    }

    @Override
    public SpeculativeDecoder decoder() {
        return decoder;
    }

    @Override
    public SessionState submitted(long receivedMillis) {
        return SessionState.submitted(request, receivedMillis);
    }

    @Override
    public SessionState read(byte[] bytes) {
        return SessionState.fromBytes(bytes);
    }

    @Override
    public boolean ahead(SessionState before, SessionEvent event) {
        return event instanceof Event.Generated && before.verifying() != 0;
    }

    @Override
    public int epoch(SessionCommand command) {
        return switch ((Command) command) {
            case Command.Prepare c -> c.epoch();
            case Command.Generate c -> c.epoch();
            case Command.Verify c -> c.epoch();
        };
    }

    @Override
    public SessionEvent run(SessionCommand command, Random random) {
        return switch ((Command) command) {
            case Command.Prepare c -> steps.prepare(c);
            case Command.Generate c -> Objects.requireNonNull(steps.generate(c, () -> false));
            case Command.Verify c ->
                    new Event.Verified(
                            c.epoch(),
                            knowledgeBase.retriever(c.retriever()).search(c.queries(), c.topN()),
                            0);
        };
    }

    private static int pick(Random random, int... choices) {
        return choices[random.nextInt(choices.length)];
    }
}
