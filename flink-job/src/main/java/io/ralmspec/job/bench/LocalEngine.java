package io.ralmspec.job.bench;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.KnowledgeBase;
import io.ralmspec.decoding.ModelProfile;
import io.ralmspec.decoding.ModelSteps;
import io.ralmspec.decoding.Retriever;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.SequentialDecoder;
import io.ralmspec.decoding.SessionState;
import io.ralmspec.decoding.SpeculativeDecoder;
import io.ralmspec.decoding.StrideSettings;
import io.ralmspec.decoding.knnlm.Datastore;
import io.ralmspec.decoding.knnlm.KeyedLanguageModel;
import io.ralmspec.decoding.knnlm.KnnDecoder;
import io.ralmspec.decoding.knnlm.KnnState;
import io.ralmspec.decoding.knnlm.SequentialKnnDecoder;
import io.ralmspec.knowledge.PaddedKnowledgeBase;
import io.ralmspec.streaming.NeighbourServing;
import io.ralmspec.streaming.Serving;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.apache.flink.util.IOUtils;

/** Decodes in this process, without Flink and Kafka. Owns the serving. */
final class LocalEngine implements Engine {
    /** Decodes plainly on the calling thread, and leaves nothing in the model. */
    @FunctionalInterface
    private interface Oracle {
        Answer decode(DecodingRequest request);
    }

    private final String name;
    private final boolean computed;
    private final Machine machine;
    private final SessionLoop<?> loop;
    private final ModelOnly modelOnly;
    private final Oracle oracle;
    private final Runnable cool;
    private final AutoCloseable serving;

    private LocalEngine(
            String name,
            boolean computed,
            SessionLoop<?> loop,
            Machine machine,
            Oracle oracle,
            Runnable cool,
            AutoCloseable serving) {
        this.name = name;
        this.computed = computed;
        this.loop = loop;
        this.machine = machine;
        this.modelOnly = new ModelOnly(machine);
        this.oracle = oracle;
        this.cool = cool;
        this.serving = serving;
    }

    /**
     * With the job's workers, in real time.
     *
     * @param maxBatch queries per search
     * @param cold no turn finds documents in the model that another has left there
     */
    static LocalEngine library(
            Serving serving, StrideSettings settings, int maxBatch, boolean cold) {
        return library("library", serving, settings, maxBatch, cold);
    }

    /** The same, but each request's call is a search of its own. */
    static LocalEngine apart(Serving serving, StrideSettings settings) {
        return library("apart", serving, settings, 1, true);
    }

    private static LocalEngine library(
            String name, Serving serving, StrideSettings settings, int maxBatch, boolean cold) {
        Machine machine =
                LibraryMachine.documents(steps(serving), serving.knowledgeBase(), maxBatch);
        Runnable cool = cold ? serving.model()::forgetDocuments : () -> {};
        return documents(
                name, false, serving, settings, machine, serving.knowledgeBase()::retriever, cool);
    }

    /** In virtual time, with the paper's costs. */
    static LocalEngine paper(Serving serving, StrideSettings settings, PaperCosts costs) {
        Serving remembering = Remembering.of(serving);
        PaperMachine machine =
                new PaperMachine(
                        costs, remembering.model(), steps(remembering), serving.knowledgeBase());
        String name = "paper-" + costs.wireName();
        return documents(name, true, serving, settings, machine, machine::guesses, () -> {});
    }

    private static LocalEngine documents(
            String name,
            boolean computed,
            Serving serving,
            StrideSettings settings,
            Machine machine,
            Function<RetrieverKind, Retriever> guesses,
            Runnable cool) {
        ModelProfile profile = serving.model().profile();
        KnowledgeBase knowledgeBase = serving.knowledgeBase();
        SpeculativeDecoder decoder =
                new SpeculativeDecoder(
                        profile, serving.tokenizer(), knowledgeBase, guesses, settings);
        // Padding changes no answer, which is one more thing the oracle then checks.
        SequentialDecoder sequential =
                new SequentialDecoder(
                        profile,
                        serving.tokenizer(),
                        steps(serving),
                        PaddedKnowledgeBase.withoutPadding(knowledgeBase));
        return new LocalEngine(
                name,
                computed,
                new SessionLoop<>(decoder, SessionState::submitted, machine),
                machine,
                request -> {
                    Answer answer = sequential.decode(request);
                    serving.model().release(request.id());
                    return answer;
                },
                cool,
                serving);
    }

    /**
     * KNN-LM with the job's workers, in real time.
     *
     * @param maxBatch keys per search
     */
    static LocalEngine neighbours(NeighbourServing serving, StrideSettings settings, int maxBatch) {
        KeyedLanguageModel model = serving.model();
        Datastore datastore = serving.datastore();
        Machine machine = LibraryMachine.neighbours(serving, maxBatch);
        KnnDecoder decoder =
                new KnnDecoder(model.profile(), serving.tokenizer(), datastore, settings);
        SequentialKnnDecoder sequential =
                new SequentialKnnDecoder(model, datastore, serving.tokenizer());
        return new LocalEngine(
                "library",
                false,
                new SessionLoop<>(decoder, KnnState::submitted, machine),
                machine,
                request -> {
                    Answer answer = sequential.decode(request);
                    model.release(request.id());
                    return answer;
                },
                () -> {},
                () -> IOUtils.closeAll(List.of(model, datastore)));
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
    public Group run(Cell cell, List<DecodingRequest> requests, int atATime)
            throws InterruptedException {
        cool();
        return loop.run(cell, requests, atATime);
    }

    @Override
    public Optional<Group> modelOnly(Group baseline, int atATime) throws InterruptedException {
        cool();
        return Optional.of(modelOnly.replay(baseline.outcomes(), atATime));
    }

    private void cool() throws InterruptedException {
        // The model is used by one thread at a time.
        machine.settle();
        cool.run();
    }

    @Override
    public Optional<Answer> sequential(DecodingRequest request) throws InterruptedException {
        // The model is used by one thread at a time.
        machine.settle();
        return Optional.of(oracle.decode(request));
    }

    /** Threads first: closing a model or an index that is in use would crash the JVM. */
    @Override
    public void close() throws Exception {
        machine.close();
        serving.close();
    }
}
