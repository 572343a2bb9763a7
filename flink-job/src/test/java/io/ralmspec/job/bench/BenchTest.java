package io.ralmspec.job.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.Counters;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.FinishReason;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.Source;
import io.ralmspec.decoding.Timings;
import io.ralmspec.job.client.GoldPhrases;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** What is run in which order, and how a cell adds up, with an engine that only pretends. */
class BenchTest {
    /** Answers as it is told to, in times that are told too. */
    private static final class FakeEngine implements Engine {
        private final List<String> turns;
        private final String name;
        final List<String> ran = new ArrayList<>();
        Function<DecodingRequest, Double> seconds = request -> 1.0;
        Function<DecodingRequest, Integer> token = request -> 1;
        int oracle = 1;

        /**
         * @param turns whose turn it was, with other engines
         */
        FakeEngine(String name, List<String> turns) {
            this.name = name;
            this.turns = turns;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public boolean computed() {
            return false;
        }

        @Override
        public Group run(Cell cell, List<DecodingRequest> requests, int atATime) {
            List<Outcome> outcomes = new ArrayList<>();
            double longest = 0;
            for (DecodingRequest request : requests) {
                ran.add(request.id());
                turns.add(name + " " + request.id());
                double took = seconds.apply(request);
                longest = Math.max(longest, took);
                outcomes.add(new Outcome(answer(request, token.apply(request)), took, List.of()));
            }
            return new Group(outcomes, longest, 1);
        }

        @Override
        public Optional<Group> modelOnly(Group baseline, int atATime) {
            return Optional.empty();
        }

        @Override
        public Optional<Answer> sequential(DecodingRequest request) {
            return Optional.of(answer(request, oracle));
        }

        @Override
        public void close() {}
    }

    private static Answer answer(DecodingRequest request, int token) {
        return new Answer(
                request.id(),
                "text",
                new int[] {token, 2, 3},
                FinishReason.LENGTH,
                5,
                List.of(new Source("d", "t", 1, 0, 3)),
                new Counters(1, 4, 3, 8, 2, 1, 5, 6, 2, 7, 4),
                new Timings(0, 0, 0.5, 0.2, 1),
                null);
    }

    private final FakeEngine engine = new FakeEngine("fake", new ArrayList<>());

    private List<CellResult> run(int warmup, int concurrency, int requests, String policies)
            throws Exception {
        BenchPlan plan =
                new BenchPlan(
                        List.of(RetrieverKind.BM25),
                        BenchPolicy.parseAll(policies),
                        Scripted.requests(warmup + requests, 4),
                        warmup,
                        concurrency);
        List<String> seen = new ArrayList<>();
        Bench bench = new Bench(List.of(engine), plan, (what, answers) -> seen.add(what));
        BenchReport report = bench.run();
        assertThat(seen).hasSize(bench.steps());
        return report.results();
    }

    @Test
    void enginesTakeAPolicyOneAfterTheOther() throws Exception {
        List<String> turns = new ArrayList<>();
        List<Engine> both = List.of(new FakeEngine("a", turns), new FakeEngine("b", turns));
        BenchPlan plan =
                new BenchPlan(
                        List.of(RetrieverKind.BM25),
                        BenchPolicy.parseAll("P"),
                        Scripted.requests(3, 4),
                        0,
                        1);
        new Bench(both, plan, (what, answers) -> {}).run();
        assertThat(turns)
                .containsExactly(
                        "a q0-bm25-baseline",
                        "b q0-bm25-baseline",
                        "a q0-bm25-P",
                        "b q0-bm25-P",
                        "a q1-bm25-P",
                        "b q1-bm25-P",
                        "a q1-bm25-baseline",
                        "b q1-bm25-baseline",
                        "b q2-bm25-baseline",
                        "a q2-bm25-baseline",
                        "b q2-bm25-P",
                        "a q2-bm25-P");
    }

    @Test
    void answersWithAGoldPhraseAreCounted() throws Exception {
        Map<String, GoldPhrases> gold =
                Map.of(
                        "q0", new GoldPhrases(List.of("never said", "text")),
                        "q1", new GoldPhrases(List.of("never said")));
        BenchPlan plan =
                new BenchPlan(
                        List.of(RetrieverKind.BM25),
                        List.of(),
                        BenchPolicy.parseAll("P"),
                        Scripted.requests(3, 4),
                        0,
                        1,
                        gold);
        assertThat(new Bench(List.of(engine), plan, (what, answers) -> {}).run().results())
                .allSatisfy(
                        result -> {
                            assertThat(result.goldOutputs()).isEqualTo(1);
                            assertThat(result.askedWithGold()).isEqualTo(2);
                        });
    }

    @Test
    void cellsTakeTurnsWithEachGroupAndWhoIsFirstRotates() throws Exception {
        run(0, 1, 3, "P,S");
        assertThat(engine.ran)
                .containsExactly(
                        "q0-bm25-baseline",
                        "q0-bm25-P",
                        "q0-bm25-S",
                        "q1-bm25-P",
                        "q1-bm25-S",
                        "q1-bm25-baseline",
                        "q2-bm25-S",
                        "q2-bm25-baseline",
                        "q2-bm25-P");
    }

    @Test
    void groupsHoldFourTimesWhatMayRunAtATime() throws Exception {
        List<CellResult> results = run(2, 2, 9, "baseline");
        assertThat(engine.ran).hasSize(11);
        assertThat(results.getFirst().totalOutputs()).isEqualTo(9);
        // Two groups, of eight and of one, in a second each; three tokens per answer.
        assertThat(results.getFirst().tokensPerSecond()).isEqualTo(13.5);
        assertThat(results.getFirst().retrievalSearches()).isEqualTo(2);
        assertThat(results.getFirst().throughputRatio()).isEqualTo(1);
    }

    @Test
    void warmingUpDoesNotCount() throws Exception {
        engine.seconds = request -> request.id().matches("q[01]-.*") ? 100.0 : 1.0;
        CellResult result = run(2, 1, 5, "baseline").getFirst();
        assertThat(result.requests()).isEqualTo(5);
        assertThat(result.secondsMean()).isEqualTo(1);
    }

    @Test
    void addsUpWhatACellDid() throws Exception {
        engine.seconds =
                request -> {
                    int number = Integer.parseInt(request.id().replaceAll("q(\\d+)-.*", "$1"));
                    return request.id().endsWith("P") ? 0.5 : number + 1.0;
                };
        List<CellResult> results = run(0, 1, 20, "P");
        CellResult baseline = results.get(0);
        // Of 1 to 20 seconds, half are at most 10, and 95 % at most 19.
        assertThat(baseline.secondsP50()).isEqualTo(10);
        assertThat(baseline.secondsP95()).isEqualTo(19);
        assertThat(baseline.secondsMean()).isEqualTo(10.5);
        assertThat(baseline.speedup()).isEqualTo(1);
        assertThat(baseline.mode()).isEqualTo("baseline");

        CellResult policy = results.get(1);
        assertThat(policy.speedup()).isEqualTo(21);
        assertThat(policy.mode()).isEqualTo("speculative");
        assertThat(policy.policies()).isEqualTo("P");
        assertThat(policy.settings()).isEqualTo("stride=3,prefetch=20");
        assertThat(policy.tokens()).isEqualTo(60);
        assertThat(policy.tokensPerSecond()).isEqualTo(6);
        assertThat(policy.acceptance()).isEqualTo(0.75);
        assertThat(policy.retrievalCalls()).isEqualTo(40);
        assertThat(policy.retrievalQueries()).isEqualTo(140);
        assertThat(policy.modelSteps()).isEqualTo(80);
        assertThat(policy.callsPerRequest()).isEqualTo(2);
        assertThat(policy.stepsPerRequest()).isEqualTo(4);
        assertThat(policy.rolledBackTokens()).isEqualTo(160);
        assertThat(policy.redraftedSteps()).isEqualTo(40);
        assertThat(policy.unchangedSteps()).isEqualTo(20);
        assertThat(policy.recoveredTokens()).isEqualTo(100);
        assertThat(policy.cancelledSteps()).isEqualTo(120);
        // 0.5 s for 2 calls, 0.2 s for 4 steps.
        assertThat(policy.retrievalSecondsMean()).isEqualTo(0.25);
        assertThat(policy.stepSecondsMean()).isEqualTo(0.05);
        assertThat(policy.bOverA()).isCloseTo(5, within(1e-6));
        assertThat(policy.equalOutputs()).isEqualTo(20);
    }

    @Test
    void anAnswerThatDiffersFromTheBaselineIsCounted() throws Exception {
        engine.token = request -> request.id().equals("q3-bm25-P") ? 9 : 1;
        List<CellResult> results = run(0, 1, 5, "P,S");
        assertThat(results).extracting(CellResult::equalOutputs).containsExactly(5, 4, 5);
        assertThat(new BenchReport(results).allEqual()).isFalse();
    }

    @Test
    void aBaselineThatDiffersFromTheSequentialDecoderIsCounted() throws Exception {
        engine.oracle = 9;
        List<CellResult> results = run(0, 1, 3, "P");
        assertThat(results).extracting(CellResult::equalOutputs).containsOnly(0);
    }

    @Test
    void refusesAPlanThatMeasuresNothing() {
        assertThatThrownBy(() -> run(3, 1, 0, "P"))
                .hasMessage("--warmup must be in [0, 3) (got 3)");
        assertThatThrownBy(() -> run(0, 0, 3, "P"))
                .hasMessage("--concurrency must be >= 1 (got 0)");
    }
}
