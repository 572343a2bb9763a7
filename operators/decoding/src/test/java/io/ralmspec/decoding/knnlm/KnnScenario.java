package io.ralmspec.decoding.knnlm;

import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.Happening;
import io.ralmspec.decoding.Happenings;
import io.ralmspec.decoding.KnnParameters;
import io.ralmspec.decoding.RequestError;
import io.ralmspec.decoding.RetrievalParameters;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.Sampling;
import io.ralmspec.decoding.ScriptedFailure;
import io.ralmspec.decoding.ScriptedTokenizer;
import io.ralmspec.decoding.SessionCommand;
import io.ralmspec.decoding.SessionEvent;
import io.ralmspec.decoding.Simulation;
import io.ralmspec.decoding.SpeculationPolicy;
import io.ralmspec.decoding.StrideRule;
import io.ralmspec.decoding.StrideSettings;
import io.ralmspec.decoding.Transition;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/** A random request with the model and the datastore that answer it; all from one seed. */
final class KnnScenario implements Simulation.World<KnnState> {
    private static final ScriptedTokenizer TOKENIZER = new ScriptedTokenizer();

    final long seed;
    final DecodingRequest request;
    final StrideSettings settings;
    final ScriptedKeyedLanguageModel model;
    final ScriptedDatastore datastore;
    final KnnDecoder decoder;
    private final Happenings happenings;
    private final KnnInvariants invariants;
    private final long keptBytes;
    private KeyedLanguageModel seen;
    private KnnSteps steps;

    KnnScenario(long seed, Happenings happenings) {
        this(seed, true, happenings);
    }

    /** One in which neither the model nor the datastore ever fails. */
    static KnnScenario calm(long seed) {
        return new KnnScenario(seed, false, new Happenings());
    }

    private KnnScenario(long seed, boolean failing, Happenings happenings) {
        this.seed = seed;
        this.happenings = happenings;
        Random random = new Random(seed);
        ScriptedCorpus corpus =
                new ScriptedCorpus(seed, pick(random, 1, 3, 40, 100, 200) + random.nextInt(80));
        model =
                new ScriptedKeyedLanguageModel(
                        corpus,
                        10 + random.nextInt(100),
                        pick(random, 0, 0, 17, 60),
                        failing ? pick(random, 0, 0, 0, 0, 40, 150) : 0);
        datastore = new ScriptedDatastore(corpus, failing ? pick(random, 0, 0, 0, 0, 40, 150) : 0);
        settings =
                new StrideSettings(
                        pick(random, 1, 2, 5, 32),
                        random.nextBoolean() ? 0.6 : 0.98,
                        pick(random, 1, 5));
        KnnParameters parameters =
                new KnnParameters(
                        pick(random, 0, 25, 25, 50, 90, 100) / 100.0,
                        pick(random, 3, 10, 10, 100) / 10.0,
                        pick(random, 1, 8, 8, 64, 1024),
                        pick(random, 0, 1, 3, 10, 10),
                        pick(random, 1, 4, 64),
                        pick(random, 1, 3, 20, 100, 4096));
        request = request(seed, random, parameters);
        keptBytes = pick(random, 0, 1 << 20);
        invariants = new KnnInvariants(this);
        seen = model;
        decoder = new KnnDecoder(model.profile(), TOKENIZER, datastore, settings);
        steps = newSteps();
    }

    private static DecodingRequest request(long seed, Random random, KnnParameters parameters) {
        SpeculationPolicy policy =
                new SpeculationPolicy(
                        StrideRule.values()[random.nextInt(3)],
                        1 + random.nextInt(16),
                        1,
                        random.nextBoolean(),
                        false,
                        random.nextBoolean());
        Sampling sampling =
                random.nextBoolean()
                        ? Sampling.GREEDY
                        : new Sampling(
                                pick(random, 5, 8, 20) / 10.0,
                                pick(random, 3, 9, 10) / 10.0,
                                random.nextLong());
        List<String> stop =
                switch (random.nextInt(4)) {
                    case 0 -> List.of("b1 c1", "d2 ");
                    case 1 -> List.of("€", "k2 ");
                    default -> List.of();
                };
        return new DecodingRequest(
                "request-" + seed,
                "tell me about " + random.nextInt(1000) + " and " + random.nextInt(1000),
                1 + random.nextInt(60),
                stop,
                sampling,
                RetrievalParameters.of(
                                random.nextBoolean() ? RetrieverKind.EXACT : RetrieverKind.HNSW,
                                random.nextInt(8) == 0
                                        ? DecodingMode.KNN_LM_BASELINE
                                        : DecodingMode.KNN_LM,
                                policy)
                        .with(parameters),
                random.nextBoolean(),
                0);
    }

    private KnnScenario(KnnScenario other, DecodingRequest request) {
        this.seed = other.seed;
        this.happenings = new Happenings();
        this.request = request;
        this.settings = other.settings;
        this.model = other.model;
        this.datastore = other.datastore;
        this.decoder = other.decoder;
        this.keptBytes = other.keptBytes;
        this.seen = other.model;
        this.invariants = new KnnInvariants(this);
        this.steps = newSteps();
    }

    /** The same with another request. */
    KnnScenario with(DecodingMode mode) {
        return new KnnScenario(
                this,
                new DecodingRequest(
                        request.id(),
                        request.prompt(),
                        request.maxTokens(),
                        request.stop(),
                        request.sampling(),
                        request.retrieval().with(mode),
                        request.stream(),
                        request.deadlineMillis()));
    }

    KnnParameters parameters() {
        return request.retrieval().knn();
    }

    /** From now on, the worker runs this instead of the model. */
    void wrapModel(UnaryOperator<KeyedLanguageModel> wrapper) {
        seen = wrapper.apply(model);
        steps = newSteps();
    }

    /**
     * The baseline's answer. Where the model or the datastore fails the baseline, that is its error
     * with the tokens before it.
     */
    Answer expected() {
        try {
            return new SequentialKnnDecoder(model, datastore, TOKENIZER).decode(request);
        } catch (ScriptedFailure e) {
            Answer answer =
                    new Simulation<>(with(DecodingMode.KNN_LM_BASELINE), new Happenings())
                            .run(Simulation.NO_CRASH);
            RequestError error = answer.error();
            assertThat(error).as("the baseline failed, so its session must").isNotNull();
            assertThat(error.code()).isEqualTo(e.code());
            return answer;
        } finally {
            model.release(request.id());
        }
    }

    @Override
    public long seed() {
        return seed;
    }

    @Override
    public KnnDecoder decoder() {
        return decoder;
    }

    @Override
    public KnnState submitted(long receivedMillis) {
        return KnnState.submitted(request, receivedMillis);
    }

    @Override
    public KnnState read(byte[] bytes) {
        return KnnState.fromBytes(bytes);
    }

    @Override
    public boolean ahead(KnnState before, SessionEvent event) {
        return event instanceof KnnEvent.Speculated && before.verifying() != 0;
    }

    @Override
    public int epoch(SessionCommand command) {
        return switch ((KnnCommand) command) {
            case KnnCommand.Prepare c -> c.epoch();
            case KnnCommand.Speculate c -> c.epoch();
            case KnnCommand.Search c -> c.epoch();
            case KnnCommand.Settle c -> c.epoch();
        };
    }

    @Override
    public KnnEvent run(SessionCommand command, Random random) {
        return switch ((KnnCommand) command) {
            case KnnCommand.Prepare c -> steps.prepare(c);
            case KnnCommand.Speculate c -> speculate(c, random);
            case KnnCommand.Search c -> search(c);
            case KnnCommand.Settle c -> settle(c, random);
        };
    }

    private KnnEvent speculate(KnnCommand.Speculate command, Random random) {
        int entries = command.cache().length;
        happenings.count(Happening.EMPTY_CACHES, entries == 0 ? 1 : 0);
        boolean small = entries > 0 && entries < parameters().neighbours();
        happenings.count(Happening.SMALL_CACHES, small ? 1 : 0);
        int room = random.nextInt(5) == 0 ? random.nextInt(command.count() + 1) : command.count();
        AtomicInteger left = new AtomicInteger(room);
        KnnEvent.Speculated guessed = steps.speculate(command, () -> left.getAndDecrement() <= 0);
        happenings.count(Happening.STOPPED_SPECULATIONS, room < command.count() ? 1 : 0);
        return guessed;
    }

    KnnEvent.Searched search(KnnCommand.Search command) {
        happenings.count(Happening.WHOLE_DATASTORES, command.count() >= datastore.size() ? 1 : 0);
        return new KnnEvent.Searched(
                command.epoch(),
                datastore.search(command.keys(), command.count(), command.kind()),
                0);
    }

    private KnnEvent settle(KnnCommand.Settle command, Random random) {
        if (random.nextInt(8) == 0) {
            steps = newSteps();
        }
        int runs = model.runs();
        KnnEvent.Settled settled = steps.settle(command);
        happenings.count(Happening.LOST_STATES, model.runs() > runs ? 1 : 0);
        return settled;
    }

    @Override
    public void crashed() {
        steps = newSteps();
    }

    KnnSteps steps() {
        return steps;
    }

    private KnnSteps newSteps() {
        return new KnnSteps(seen, datastore, TOKENIZER, keptBytes);
    }

    @Override
    public void stepped(KnnState before, SessionEvent event, Transition<KnnState> after) {
        invariants.check(before, event, after);
        if (event instanceof KnnEvent.Settled settled) {
            int last = settled.tokens().length - 1;
            boolean wrong = settled.tokens()[last] != before.drafts()[last];
            happenings.count(Happening.CORRECTIONS, wrong ? 1 : 0);
        }
    }

    @Override
    public void finished() {
        steps.release(request.id());
        assertThat(model.held()).as("sequences kept after the answer").isZero();
    }

    private static int pick(Random random, int... choices) {
        return choices[random.nextInt(choices.length)];
    }
}
