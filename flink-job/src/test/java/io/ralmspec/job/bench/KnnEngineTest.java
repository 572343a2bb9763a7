package io.ralmspec.job.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.Counters;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.KnnParameters;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.ScriptedTokenizer;
import io.ralmspec.decoding.Seeds;
import io.ralmspec.decoding.StrideSettings;
import io.ralmspec.decoding.knnlm.Datastore;
import io.ralmspec.decoding.knnlm.Neighbours;
import io.ralmspec.decoding.knnlm.ScriptedCorpus;
import io.ralmspec.decoding.knnlm.ScriptedDatastore;
import io.ralmspec.decoding.knnlm.ScriptedKeyedLanguageModel;
import io.ralmspec.decoding.knnlm.SearchKind;
import io.ralmspec.streaming.NeighbourServing;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** KNN-LM in this process against the sequential decoder, with hashes for a model. */
class KnnEngineTest {
    private static final String POLICIES = "stride=1,stride=3,stride=8,async,S,SA,continuous";
    private static final List<RetrieverKind> RETRIEVERS =
            List.of(RetrieverKind.EXACT, RetrieverKind.HNSW);

    private final long seed = Seeds.first();
    private final ScriptedCorpus corpus = new ScriptedCorpus(seed, 300);
    private final ScriptedKeyedLanguageModel model =
            new ScriptedKeyedLanguageModel(corpus, 400, 60, 0);

    /** Weight 0.5, so that neighbours often decide. */
    private static KnnParameters knn(int neighbours) {
        return new KnnParameters(0.5, 1, neighbours, 4, 8, 64);
    }

    private LocalEngine engine(Datastore datastore) {
        return LocalEngine.neighbours(
                new NeighbourServing(model, new ScriptedTokenizer(), datastore, 1 << 16),
                StrideSettings.DEFAULT,
                256);
    }

    @Test
    void everyCellGivesTheSequentialAnswers() throws Exception {
        int rolledBack = 0;
        int accepted = 0;
        try (Engine engine = engine(new ScriptedDatastore(corpus, 0))) {
            for (RetrieverKind retriever : RETRIEVERS) {
                for (int k : new int[] {1, 8}) {
                    for (BenchPolicy policy : BenchPolicy.parseAll(POLICIES)) {
                        Cell cell = new Cell(retriever, knn(k), policy);
                        List<DecodingRequest> own = requests(cell, 6, 50);
                        Group group = engine.run(cell, own, own.size());
                        for (int i = 0; i < own.size(); i++) {
                            Answer answer = group.outcomes().get(i).answer();
                            rolledBack += answer.counters().rolledBackTokens();
                            accepted += answer.counters().accepted();
                            assertThat(answer.says(engine.sequential(own.get(i)).orElseThrow()))
                                    .as("%s, seed=%d", cell, seed)
                                    .isTrue();
                        }
                    }
                }
            }
        }
        // Equality means nothing unless guesses went both ways.
        assertThat(rolledBack).isPositive();
        assertThat(accepted).isPositive();
        assertThat(model.held()).isZero();
    }

    private static List<DecodingRequest> requests(Cell cell, int count, int maxTokens) {
        return Scripted.requests(count, maxTokens).stream().map(cell::apply).toList();
    }

    @Test
    void theModelAloneGivesTheBaselinesTokensWithoutAnySearch() throws Exception {
        Cell baseline = new Cell(RetrieverKind.EXACT, knn(8), BenchPolicy.BASELINE);
        CountingDatastore datastore = new CountingDatastore(new ScriptedDatastore(corpus, 0));
        try (Engine engine = engine(datastore)) {
            Group full = engine.run(baseline, requests(baseline, 5, 50), 5);
            int searches = datastore.searches;
            assertThat(searches).isPositive();
            Group alone = engine.modelOnly(full, 3).orElseThrow();
            assertThat(datastore.searches).isEqualTo(searches);
            for (int i = 0; i < 5; i++) {
                Answer expected = full.outcomes().get(i).answer();
                Answer answer = alone.outcomes().get(i).answer();
                assertThat(answer.tokens()).as("seed=%d", seed).isEqualTo(expected.tokens());
                Counters counters = answer.counters();
                assertThat(counters.retrievalCalls()).isZero();
                // A token each; one that ends the answer is not part of it.
                assertThat(counters.modelSteps())
                        .isEqualTo(expected.counters().modelSteps())
                        .isBetween(expected.tokens().length, expected.tokens().length + 1);
            }
        }
    }

    @Test
    void eachNumberOfNeighboursIsAGroupOfCellsOfItsOwn() throws Exception {
        List<String> ran = new ArrayList<>();
        List<CellResult> results = bench(new ScriptedDatastore(corpus, 0), ran).results();
        assertThat(results)
                .extracting(r -> "%s %s %s".formatted(r.lookup(), r.mode(), r.policies()))
                .containsExactlyElementsOf(
                        Stream.of("exact, k=1", "exact, k=8", "hnsw, k=1", "hnsw, k=8")
                                .flatMap(
                                        lookup ->
                                                Stream.of(
                                                        lookup + " knn-lm-baseline baseline",
                                                        lookup + " knn-lm stride=3",
                                                        lookup + " model-only model-only"))
                                .toList());
        assertThat(ran).contains("hnsw-k8 stride=3 library");
        assertThat(new BenchReport(results).allEqual()).isTrue();
        CellResult speculative = results.get(4);
        assertThat(speculative.settings())
                .isEqualTo(
                        "stride=3,lambda=0.5,temperature=1.0,successors=4,knn-prefetch=8,"
                                + "cache-entries=64");
        assertThat(speculative.retrievalCalls()).isLessThan(results.get(3).retrievalCalls());
        assertThat(speculative.speedup()).isPositive();
        assertThat(new BenchReport(results).table()).contains("exact         8 stride=3");
        assertThat(SpeedupChart.svg(results)).contains(">hnsw, k=8, library<");
    }

    @Test
    void aDatastoreThatAnswersDifferentlyInABatchIsCaught() throws Exception {
        Datastore honest = new ScriptedDatastore(corpus, 0);
        BenchReport report = bench(new BatchMindedDatastore(honest), new ArrayList<>());
        assertThat(report.allEqual()).isFalse();
        for (CellResult result : report.results()) {
            if (result.mode().equals("knn-lm")) {
                assertThat(result.equalOutputs()).isLessThan(result.totalOutputs());
            } else {
                assertThat(result.equalOutputs()).isEqualTo(result.totalOutputs());
            }
        }
    }

    private BenchReport bench(Datastore datastore, List<String> ran) throws Exception {
        BenchPlan plan =
                new BenchPlan(
                        RETRIEVERS,
                        List.of(knn(1), knn(8)),
                        BenchPolicy.parseAll("stride=3"),
                        Scripted.requests(9, 40),
                        1,
                        2,
                        Map.of());
        try (LocalEngine engine = engine(datastore)) {
            Bench bench = new Bench(List.of(engine), plan, (what, answers) -> ran.add(what));
            BenchReport report = bench.run();
            assertThat(ran).hasSize(bench.steps());
            return report;
        }
    }

    /** Searches as the one within. */
    private abstract static class Wrapped implements Datastore {
        final Datastore within;

        Wrapped(Datastore within) {
            this.within = within;
        }

        @Override
        public int size() {
            return within.size();
        }

        @Override
        public int dimension() {
            return within.dimension();
        }

        @Override
        public boolean has(SearchKind kind) {
            return within.has(kind);
        }

        @Override
        public String fingerprint() {
            return within.fingerprint();
        }

        @Override
        public int largestCount(int k, SearchKind kind) {
            return within.largestCount(k, kind);
        }

        @Override
        public int token(int position) {
            return within.token(position);
        }

        @Override
        public Neighbours nearest(float[] key, int[] positions, int k) {
            return within.nearest(key, positions, k);
        }

        @Override
        public void close() {
            within.close();
        }
    }

    private static final class CountingDatastore extends Wrapped {
        volatile int searches;

        CountingDatastore(Datastore within) {
            super(within);
        }

        @Override
        public synchronized List<Neighbours> search(List<float[]> keys, int k, SearchKind kind) {
            searches++;
            return within.search(keys, k, kind);
        }
    }

    /** Gives every key of a larger batch the neighbours of another key. */
    private static final class BatchMindedDatastore extends Wrapped {
        BatchMindedDatastore(Datastore within) {
            super(within);
        }

        @Override
        public List<Neighbours> search(List<float[]> keys, int k, SearchKind kind) {
            float[] nowhere = new float[dimension()];
            return within.search(
                    keys.size() < 3 ? keys : keys.stream().map(key -> nowhere).toList(), k, kind);
        }
    }
}
