package io.ralmspec.job.bench;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.KnowledgeBase;
import io.ralmspec.decoding.ModelProfile;
import io.ralmspec.decoding.ModelSteps;
import io.ralmspec.decoding.SequentialDecoder;
import io.ralmspec.decoding.SpeculativeDecoder;
import io.ralmspec.decoding.StrideSettings;
import io.ralmspec.streaming.Serving;
import java.util.List;
import java.util.Optional;

/** Decodes in this process, without Flink and Kafka. Owns the serving. */
final class LocalEngine implements Engine {
    private final String name;
    private final boolean computed;
    private final Serving serving;
    private final Machine machine;
    private final SessionLoop loop;
    private final SequentialDecoder oracle;

    private LocalEngine(
            String name,
            boolean computed,
            Serving serving,
            ModelSteps steps,
            Machine machine,
            StrideSettings settings) {
        this.name = name;
        this.computed = computed;
        this.serving = serving;
        this.machine = machine;
        ModelProfile profile = serving.model().profile();
        KnowledgeBase knowledgeBase = serving.knowledgeBase();
        SpeculativeDecoder decoder =
                new SpeculativeDecoder(
                        profile,
                        serving.tokenizer(),
                        knowledgeBase,
                        knowledgeBase::retriever,
                        settings);
        this.loop = new SessionLoop(decoder, machine);
        this.oracle = new SequentialDecoder(profile, serving.tokenizer(), steps, knowledgeBase);
    }

    /**
     * With the job's workers, in real time.
     *
     * @param maxBatch queries per search
     */
    static LocalEngine library(Serving serving, StrideSettings settings, int maxBatch) {
        ModelSteps steps = steps(serving);
        Machine machine = new LibraryMachine(serving, steps, maxBatch);
        return new LocalEngine("library", false, serving, steps, machine, settings);
    }

    /** In virtual time, with the paper's costs. */
    static LocalEngine paper(Serving serving, StrideSettings settings, PaperCosts costs) {
        Serving remembering = Remembering.of(serving);
        Machine machine =
                new PaperMachine(
                        costs, remembering.model(), steps(remembering), serving.knowledgeBase());
        String name = "paper-" + costs.wireName();
        return new LocalEngine(name, true, serving, steps(serving), machine, settings);
    }

    private static ModelSteps steps(Serving serving) {
        return new ModelSteps(serving.model(), serving.tokenizer(), serving.encoder());
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public boolean computed() {
        return computed;
    }

    @Override
    public Group run(Cell cell, List<DecodingRequest> requests) throws InterruptedException {
        return loop.run(cell, requests);
    }

    @Override
    public Optional<Group> modelOnly(Group baseline) throws InterruptedException {
        return Optional.of(loop.replay(baseline.outcomes()));
    }

    @Override
    public Optional<Answer> sequential(DecodingRequest request) throws InterruptedException {
        // The model is used by one thread at a time.
        machine.settle();
        Answer answer = oracle.decode(request);
        serving.model().release(request.id());
        return Optional.of(answer);
    }

    /** Threads first: closing a model or an index that is in use would crash the JVM. */
    @Override
    public void close() throws Exception {
        machine.close();
        serving.close();
    }
}
