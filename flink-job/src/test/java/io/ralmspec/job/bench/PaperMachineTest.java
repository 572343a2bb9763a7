package io.ralmspec.job.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.ralmspec.decoding.Command;
import io.ralmspec.decoding.Context;
import io.ralmspec.decoding.Counters;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.Event;
import io.ralmspec.decoding.Generation;
import io.ralmspec.decoding.ModelSteps;
import io.ralmspec.decoding.Query;
import io.ralmspec.decoding.Retriever;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.Sampling;
import io.ralmspec.decoding.StrideSettings;
import io.ralmspec.streaming.Serving;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** Virtual time against timelines by hand: a token takes 25 ms, an exact call 4.37 s. */
class PaperMachineTest {
    private static final Offset<Double> EXACTLY = within(1e-9);
    private static final int[] PROMPT = {3, 4, 5};

    private final Serving serving = Scripted.serving(7, 1, 0);
    private final ModelSteps steps =
            new ModelSteps(serving.model(), serving.tokenizer(), serving.encoder());
    private final PaperMachine machine =
            new PaperMachine(PaperCosts.GPT2, serving.model(), steps, serving.knowledgeBase());

    @Test
    void plainDecodingWaitsForEveryCall() throws Exception {
        // Six strides, each after its call: 6 x (4.37 + 0.1).
        Outcome outcome = run("baseline", RetrieverKind.EXACT, 24);
        assertThat(outcome.seconds()).isEqualTo(26.82, EXACTLY);
        assertThat(outcome.answer().counters().retrievalCalls()).isEqualTo(6);
    }

    @Test
    void synchronousRoundsVerifyThreeStepsPerCall() throws Exception {
        // First call; three steps, call; three steps, call for the two lookups between them.
        Outcome outcome = run("spec", RetrieverKind.EXACT, 24);
        assertThat(outcome.seconds()).isEqualTo(4.37 + 0.3 + 4.37 + 0.3 + 4.37, EXACTLY);
        assertThat(outcome.answer().counters().retrievalQueries()).isEqualTo(1 + 3 + 2);
    }

    @Test
    void asynchronousStepsRunWhileACallIsOut() throws Exception {
        // As above, but the last three steps run while the second call is out.
        Outcome outcome = run("A", RetrieverKind.EXACT, 24);
        assertThat(outcome.seconds()).isEqualTo(4.37 + 0.3 + 4.37 + 4.37, EXACTLY);
    }

    @Test
    void anApproximateSearchForAGuessTakesItsTime() {
        Retriever graph = machine.guesses(RetrieverKind.HNSW);
        List<Query> queries = verification(1).queries();
        assertThat(graph.search(queries, 1))
                .usingRecursiveComparison()
                .isEqualTo(
                        serving.knowledgeBase().retriever(RetrieverKind.HNSW).search(queries, 1));
        assertThat(machine.seconds()).isEqualTo(0.027, EXACTLY);
        graph.scores(queries.getFirst(), new int[] {0});
        assertThat(machine.seconds()).isEqualTo(0.027, EXACTLY);

        // What ends meanwhile is seen afterwards.
        machine.generate(step(1, "s"));
        for (int guess = 0; guess < 4; guess++) {
            graph.search(queries, 1);
        }
        machine.next();
        assertThat(machine.seconds()).isEqualTo(5 * 0.027, EXACTLY);
    }

    @Test
    void onlyApproximateCallsGrowWithTheirQueries() {
        assertThat(seconds(PaperCosts.GPT2, RetrieverKind.HNSW)).containsExactly(0.027, 0.065);
        assertThat(seconds(PaperCosts.GPT2, RetrieverKind.EXACT)).containsExactly(4.37, 4.37);
        assertThat(seconds(PaperCosts.GPT2, RetrieverKind.BM25)).containsExactly(0.15, 0.15);
        assertThat(seconds(PaperCosts.LLAMA_7B, RetrieverKind.HNSW)).containsExactly(0.03, 0.068);
        assertThat(seconds(PaperCosts.LLAMA_7B, RetrieverKind.EXACT)).containsExactly(4.37, 4.37);
        assertThat(seconds(PaperCosts.LLAMA_7B, RetrieverKind.BM25)).containsExactly(0.152, 0.152);
        assertThat(PaperCosts.LLAMA_7B.passNanos()).isEqualTo(55_000_000);
    }

    /** Of a call with one query, and of one with three. */
    private static double[] seconds(PaperCosts costs, RetrieverKind retriever) {
        return new double[] {
            costs.callNanos(retriever, 1) / 1e9, costs.callNanos(retriever, 3) / 1e9
        };
    }

    @Test
    void theModelAloneTakesItsPasses() throws Exception {
        Cell cell = new Cell(RetrieverKind.BM25, BenchPolicy.BASELINE);
        try (LocalEngine engine = engine()) {
            Group full = engine.run(cell, List.of(request(24)), 1);
            assertThat(engine.modelOnly(full, 1).orElseThrow().seconds()).isEqualTo(0.6, EXACTLY);
        }
    }

    @Test
    void aCancelledStepEndsWithTheTokenThatRuns() {
        machine.generate(step(1, "s"));
        machine.verify("s", verification(2));
        Machine.Result verified = machine.next();
        assertThat(verified.event()).isInstanceOf(Event.Verified.class);
        assertThat(machine.seconds()).isEqualTo(0.027, EXACTLY);

        // The first step is in its second token, which ends at 50 ms; then four tokens.
        machine.generate(step(3, "s"));
        Event.Generated generated = (Event.Generated) machine.next().event();
        assertThat(generated.epoch()).isEqualTo(3);
        assertThat(machine.seconds()).isEqualTo(0.150, EXACTLY);
        assertThat(generated.seconds()).isEqualTo(0.123, EXACTLY);
    }

    @Test
    void aReleasedSequenceReportsNoStep() {
        machine.generate(step(1, "s"));
        machine.release("s");
        machine.generate(step(2, "t"));
        assertThat(machine.next().id()).isEqualTo("t");
        // Nothing of the released step had begun.
        assertThat(machine.seconds()).isEqualTo(0.100, EXACTLY);
    }

    @Test
    void aDraftCostsOnePassAndOneMorePerTokenThatDiffers() {
        machine.generate(step(1, "s"));
        int[] tokens = ((Event.Generated) machine.next().event()).tokens();
        assertThat(redraft(2, tokens)).isEqualTo(0.025, EXACTLY);
        int[] wrong = tokens.clone();
        wrong[1]++;
        assertThat(redraft(3, wrong)).isEqualTo(0.075, EXACTLY);
        wrong[0]++;
        assertThat(redraft(4, wrong)).isEqualTo(0.100, EXACTLY);
    }

    @Test
    void whatWaitsForTheKnowledgeBaseSharesItsNextCall() {
        for (String id : List.of("a", "b", "c")) {
            machine.verify(id, verification(1));
        }
        List<Double> times = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            machine.next();
            times.add(machine.seconds());
        }
        // One query takes 27 ms; the two that came meanwhile together 46 ms.
        assertThat(times.get(0)).isEqualTo(0.027, EXACTLY);
        assertThat(times.get(1)).isEqualTo(0.073, EXACTLY);
        assertThat(times.get(2)).isEqualTo(0.073, EXACTLY);
    }

    @Test
    void theSameInputTakesTheSameTime() throws Exception {
        List<List<Double>> runs = new ArrayList<>();
        for (int run = 0; run < 2; run++) {
            List<Double> seconds = new ArrayList<>();
            try (LocalEngine engine =
                    LocalEngine.paper(
                            Scripted.serving(3, 40, 60),
                            StrideSettings.DEFAULT,
                            PaperCosts.LLAMA_7B)) {
                for (BenchPolicy policy : BenchPolicy.parseAll("PSA+recovery,continuous")) {
                    Cell cell = new Cell(RetrieverKind.BM25, policy);
                    List<DecodingRequest> requests =
                            Scripted.requests(9, 60).stream().map(cell::apply).toList();
                    engine.run(cell, requests, requests.size())
                            .outcomes()
                            .forEach(o -> seconds.add(o.seconds()));
                }
            }
            runs.add(seconds);
        }
        assertThat(runs.get(0)).isEqualTo(runs.get(1));
    }

    @Test
    void withoutOverlapTimeIsCallsTimesCostPlusTokensTimesCost() throws Exception {
        Serving many = Scripted.serving(5, 40, 0);
        Cell cell = new Cell(RetrieverKind.EXACT, BenchPolicy.parse("P"));
        try (LocalEngine engine =
                LocalEngine.paper(many, StrideSettings.DEFAULT, PaperCosts.GPT2)) {
            for (DecodingRequest request : Scripted.requests(10, 60)) {
                Outcome outcome =
                        engine.run(cell, List.of(cell.apply(request)), 1).outcomes().getFirst();
                Counters c = outcome.answer().counters();
                int tokens = outcome.answer().tokens().length + c.rolledBackTokens();
                assertThat(outcome.seconds())
                        .isEqualTo(4.37 * c.retrievalCalls() + 0.025 * tokens, EXACTLY);
            }
        }
    }

    private Outcome run(String policy, RetrieverKind retriever, int maxTokens) throws Exception {
        Cell cell = new Cell(retriever, BenchPolicy.parse(policy));
        try (LocalEngine engine = engine()) {
            Group group = engine.run(cell, List.of(cell.apply(request(maxTokens))), 1);
            return group.outcomes().getFirst();
        }
    }

    private LocalEngine engine() {
        return LocalEngine.paper(serving, StrideSettings.DEFAULT, PaperCosts.GPT2);
    }

    private static DecodingRequest request(int maxTokens) {
        return Scripted.requests(1, maxTokens).getFirst();
    }

    private double redraft(int epoch, int[] draft) {
        double before = machine.seconds();
        machine.generate(step(epoch, "s", draft));
        machine.next();
        return machine.seconds() - before;
    }

    private static Command.Generate step(int epoch, String sequence, int... draft) {
        return new Command.Generate(
                epoch,
                0,
                new Generation(new Context(sequence, 0, PROMPT), 4, Sampling.GREEDY, draft, false),
                RetrieverKind.HNSW,
                8,
                1,
                null);
    }

    private Command.Verify verification(int epoch) {
        Query query = new Query("a", serving.encoder().encode("a"));
        return new Command.Verify(epoch, RetrieverKind.HNSW, List.of(query), 1);
    }
}
