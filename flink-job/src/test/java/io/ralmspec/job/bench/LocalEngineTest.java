package io.ralmspec.job.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.Command;
import io.ralmspec.decoding.Context;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.Event;
import io.ralmspec.decoding.Generation;
import io.ralmspec.decoding.ModelSteps;
import io.ralmspec.decoding.RetrievalScheme;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.Sampling;
import io.ralmspec.decoding.ScriptedLanguageModel;
import io.ralmspec.decoding.Seeds;
import io.ralmspec.decoding.StrideSettings;
import io.ralmspec.streaming.Serving;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The engines in this process against the sequential decoder, with hashes for a model. */
class LocalEngineTest {
    private static final String POLICIES =
            "spec,P,S,A,PSA,PSA+recovery,continuous,continuous+recovery,spec+graph,A+graph,"
                    + "S+graph,PSA+recovery+graph,continuous+graph,stride=8,async,recovery";

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void everyCellGivesTheSequentialAnswers(boolean computed) throws Exception {
        long seed = Seeds.first();
        Serving serving = Scripted.serving(seed, 40, 60);
        int rolledBack = 0;
        try (Engine engine = engine(serving, computed)) {
            for (RetrievalScheme scheme : RetrievalScheme.values()) {
                List<DecodingRequest> requests = Scripted.requests(6, 60, scheme);
                for (RetrieverKind retriever : RetrieverKind.values()) {
                    for (BenchPolicy policy : BenchPolicy.parseAll(POLICIES)) {
                        Cell cell = new Cell(retriever, policy);
                        List<DecodingRequest> own = requests.stream().map(cell::apply).toList();
                        Group group = engine.run(cell, own, own.size());
                        for (int i = 0; i < own.size(); i++) {
                            Answer answer = group.outcomes().get(i).answer();
                            rolledBack += answer.counters().rolledBackTokens();
                            assertThat(answer.says(engine.sequential(own.get(i)).orElseThrow()))
                                    .as("%s, %s, seed=%d", cell, scheme, seed)
                                    .isTrue();
                        }
                    }
                }
            }
        }
        // Equality means nothing unless something went wrong on the way.
        assertThat(rolledBack).isPositive();
        assertThat(((ScriptedLanguageModel) serving.model()).held()).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theModelAloneGeneratesTheBaselinesTokensWithoutAnyCall(boolean computed) throws Exception {
        long seed = Seeds.first();
        Serving serving = Scripted.serving(seed, 40, 60);
        Cell baseline = new Cell(RetrieverKind.EXACT, BenchPolicy.BASELINE);
        try (Engine engine = engine(serving, computed)) {
            for (RetrievalScheme scheme : RetrievalScheme.values()) {
                Group full =
                        engine.run(
                                baseline,
                                Scripted.requests(5, 50, scheme).stream()
                                        .map(baseline::apply)
                                        .toList(),
                                3);
                Group alone = engine.modelOnly(full, 3).orElseThrow();
                for (int i = 0; i < 5; i++) {
                    Answer expected = full.outcomes().get(i).answer();
                    Answer answer = alone.outcomes().get(i).answer();
                    assertThat(answer.tokens())
                            .as("%s, seed=%d", scheme, seed)
                            .isEqualTo(expected.tokens());
                    assertThat(answer.counters().retrievalCalls()).isZero();
                    assertThat(answer.counters().modelSteps())
                            .isEqualTo(expected.counters().modelSteps());
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void everyTurnBeginsWithoutDocumentsWhereThatIsAskedFor(boolean cold) throws Exception {
        Serving serving = Scripted.serving(Seeds.first(), 40, 60);
        ScriptedLanguageModel model = (ScriptedLanguageModel) serving.model();
        Cell baseline = new Cell(RetrieverKind.EXACT, BenchPolicy.BASELINE);
        List<DecodingRequest> requests =
                Scripted.requests(2, 20).stream().map(baseline::apply).toList();
        try (Engine engine = LocalEngine.library(serving, StrideSettings.DEFAULT, 256, cold)) {
            Group full = engine.run(baseline, requests, 1);
            assertThat(model.forgotten()).isEqualTo(cold ? 1 : 0);
            engine.modelOnly(full, 1);
            assertThat(model.forgotten()).isEqualTo(cold ? 2 : 0);
        }
    }

    /** Whoever waits for the model to be free is not one more request that wants it. */
    @Test
    void aRequestAloneMeetsNoOther() throws Exception {
        Serving serving = Scripted.serving(Seeds.first(), 40, 60);
        ModelSteps steps = new ModelSteps(serving.model(), serving.tokenizer(), serving.encoder());
        try (serving;
                LibraryMachine machine =
                        LibraryMachine.documents(steps, serving.knowledgeBase(), 256)) {
            for (String id : List.of("first", "second")) {
                machine.settle();
                machine.run(id, new Command.Prepare(1, id, "one two", RetrieverKind.BM25, 8));
                Event.Prepared prepared = (Event.Prepared) machine.next().event();
                assertThat(prepared.load().turnSeconds()).isZero();
                Context context = new Context(id, -1, new int[] {1, 2});
                Generation generation = Generation.of(context, 2, Sampling.GREEDY);
                machine.run(
                        id, new Command.Generate(2, 0, generation, RetrieverKind.BM25, 8, 1, null));
                Event.Generated generated = (Event.Generated) machine.next().event();
                assertThat(generated.load().turnSeconds()).isZero();
                machine.release(id);
            }
        }
    }

    private static Engine engine(Serving serving, boolean computed) {
        return computed
                ? LocalEngine.paper(serving, StrideSettings.DEFAULT, PaperCosts.GPT2)
                : LocalEngine.library(serving, StrideSettings.DEFAULT, 256, true);
    }
}
