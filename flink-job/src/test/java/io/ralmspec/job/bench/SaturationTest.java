package io.ralmspec.job.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.Event;
import io.ralmspec.decoding.ModelSteps;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.Seeds;
import io.ralmspec.decoding.SessionCommand;
import io.ralmspec.decoding.SessionState;
import io.ralmspec.decoding.SpeculativeDecoder;
import io.ralmspec.decoding.StrideSettings;
import io.ralmspec.streaming.Serving;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Many requests share one model and one knowledge base in virtual time. Speculation spends what is
 * idle: with few requests it shortens answers, and where the model is never idle it costs nothing.
 */
class SaturationTest {
    private static final String DEFAULT = "default";

    private record Run(double seconds, List<String> tokens) {}

    @ParameterizedTest
    @CsvSource({
        "GPT2, EXACT", "GPT2, HNSW", "GPT2, BM25",
        "LLAMA_7B, EXACT", "LLAMA_7B, HNSW", "LLAMA_7B, BM25"
    })
    void speculationNeverServesFewerRequestsThanPlainDecoding(
            PaperCosts costs, RetrieverKind retriever) throws Exception {
        long seed = Seeds.first();
        for (int atATime : new int[] {1, 2, 4, 16, 64}) {
            Run plain = run(seed, costs, retriever, BenchPolicy.BASELINE.name(), atATime, false);
            Run speculative = run(seed, costs, retriever, DEFAULT, atATime, false);
            assertThat(plain.seconds() / speculative.seconds())
                    .as("%d at a time, seed=%d", atATime, seed)
                    .isGreaterThanOrEqualTo(0.98);
            assertThat(speculative.tokens()).as("seed=%d", seed).isEqualTo(plain.tokens());
        }
    }

    @Test
    void withIdleCapacityAnswersComeSooner() throws Exception {
        long seed = Seeds.first();
        for (int atATime : new int[] {1, 4}) {
            double plain = seconds(seed, RetrieverKind.EXACT, "baseline", atATime, false);
            double speculative = seconds(seed, RetrieverKind.EXACT, DEFAULT, atATime, false);
            assertThat(plain / speculative)
                    .as("%d at a time, seed=%d", atATime, seed)
                    .isGreaterThan(4);
        }
    }

    /** What is asserted above is not true of a scheduler that knows its own requests alone. */
    @Test
    void whoDoesNotSeeTheLoadServesFewer() throws Exception {
        long seed = Seeds.first();
        double plain = seconds(seed, RetrieverKind.BM25, "baseline", 4, true);
        double blind = seconds(seed, RetrieverKind.BM25, DEFAULT, 4, true);
        assertThat(plain / blind).as("seed=%d", seed).isLessThan(0.98);
    }

    private static double seconds(
            long seed, RetrieverKind retriever, String policy, int atATime, boolean blind)
            throws Exception {
        return run(seed, PaperCosts.GPT2, retriever, policy, atATime, blind).seconds();
    }

    /** Each number of requests at a time is served long enough to be in its steady state. */
    private static Run run(
            long seed,
            PaperCosts costs,
            RetrieverKind retriever,
            String policy,
            int atATime,
            boolean blind)
            throws Exception {
        Cell cell = new Cell(retriever, BenchPolicy.parse(policy));
        List<DecodingRequest> requests =
                Scripted.requests(Math.max(32, 3 * atATime), 96).stream().map(cell::apply).toList();
        try (Serving serving = Scripted.serving(seed, 600, 0)) {
            ModelSteps steps =
                    new ModelSteps(serving.model(), serving.tokenizer(), serving.encoder());
            PaperMachine machine =
                    new PaperMachine(costs, serving.model(), steps, serving.knowledgeBase());
            SpeculativeDecoder decoder =
                    new SpeculativeDecoder(
                            serving.model().profile(),
                            serving.tokenizer(),
                            serving.knowledgeBase(),
                            machine::guesses,
                            StrideSettings.DEFAULT);
            Group group =
                    new SessionLoop<>(
                                    decoder,
                                    SessionState::submitted,
                                    blind ? new Blind(machine) : machine)
                            .run(cell, requests, atATime);
            return new Run(
                    group.seconds(),
                    group.outcomes().stream()
                            .map(Outcome::answer)
                            .map(Answer::tokens)
                            .map(Arrays::toString)
                            .toList());
        }
    }

    /** A machine that does not say how busy it is. */
    private record Blind(PaperMachine machine) implements Machine {
        @Override
        public void run(String id, SessionCommand command) {
            machine.run(id, command);
        }

        @Override
        public void release(String id) {
            machine.release(id);
        }

        @Override
        public Result next() {
            Result next = machine.next();
            return next.event() instanceof Event.Generated e
                    ? new Result(
                            next.id(),
                            new Event.Generated(e.epoch(), e.tokens(), e.nextQuery(), e.seconds()))
                    : next;
        }

        @Override
        public void settle() {
            machine.settle();
        }

        @Override
        public long searches() {
            return machine.searches();
        }

        @Override
        public double seconds() {
            return machine.seconds();
        }

        @Override
        public void close() {
            machine.close();
        }
    }
}
