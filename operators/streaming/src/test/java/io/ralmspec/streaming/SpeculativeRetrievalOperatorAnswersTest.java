package io.ralmspec.streaming;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.ErrorCode;
import io.ralmspec.decoding.Estimates;
import io.ralmspec.decoding.FinishReason;
import io.ralmspec.decoding.Hits;
import io.ralmspec.decoding.RetrievalScheme;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.Seeds;
import io.ralmspec.decoding.SpeculationPolicy;
import io.ralmspec.decoding.StrideRule;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the operator answers, also when a part of it fails. */
class SpeculativeRetrievalOperatorAnswersTest {
    @RegisterExtension final OperatorFixture fixture = new OperatorFixture();
    private final ScriptedServing serving = fixture.serving;

    @Test
    void answersEqualTheSequentialOnes() throws Exception {
        List<DecodingRequest> requests = Requests.random(Seeds.first(), 60);
        int rolledBack = 0;
        int accepted = 0;
        try (LoopHarness loop = new LoopHarness(serving, Options.bounds(8, 1000))) {
            for (DecodingRequest request : requests) {
                loop.submit(request);
            }
            loop.runUntilAnswers(requests.size());
            for (DecodingRequest request : requests) {
                Answer answer = loop.answer(request.id());
                fixture.assertEqualToTheOracle(request, answer);
                rolledBack += answer.counters().rolledBackTokens();
                accepted += answer.counters().accepted();
            }
            assertThat(loop.answers()).hasSameSizeAs(requests);
            assertThat(SessionStates.sessionKeys(loop.flink.getOperator().getKeyedStateBackend()))
                    .isEmpty();
        }
        assertThat(rolledBack).isPositive();
        assertThat(accepted).isPositive();
        assertThat(serving.control().model.held()).isZero();
    }

    @Test
    void everyPolicyAndSchemeAnswersAsTheSequentialDecoder() throws Exception {
        List<DecodingRequest> requests = Requests.allPolicies();
        // Long enough for verifications to meet running steps.
        serving.control().beforeGenerate = generation -> Thread.sleep(2);
        int recovered = 0;
        int unchanged = 0;
        int cancelled = 0;
        try (LoopHarness loop = new LoopHarness(serving, Options.bounds(3, 1000))) {
            for (DecodingRequest request : requests) {
                loop.submit(request);
            }
            loop.runUntilAnswers(requests.size());
            for (DecodingRequest request : requests) {
                Answer answer = loop.answer(request.id());
                fixture.assertEqualToTheOracle(request, answer);
                recovered += answer.counters().recoveredTokens();
                unchanged += answer.counters().unchangedSteps();
                cancelled += answer.counters().cancelledSteps();
                if (!request.retrieval().speculation().recovery()) {
                    assertThat(answer.counters().redraftedSteps()).isZero();
                }
            }
        }
        assertThat(recovered).isPositive();
        assertThat(unchanged).isPositive();
        assertThat(cancelled).isPositive();
        assertThat(serving.control().stopped).hasPositiveValue();
        assertThat(serving.control().model.held()).isZero();
    }

    @Test
    void stepsGoOnWhileAVerificationIsOutUpToTheBound() throws Exception {
        SpeculationPolicy policy =
                new SpeculationPolicy(StrideRule.CONTINUOUS, 1, 5, true, false, false);
        DecodingRequest request = Requests.with("a", RetrievalScheme.EVERY_STRIDE, policy);
        try (LoopHarness loop =
                new LoopHarness(serving, Options.maxStride(3, OperatorOptions.DEFAULT))) {
            loop.submit(request);
            loop.verify(loop.nextVerification());
            VerificationRequest unanswered = loop.nextVerification();
            loop.runUntil(() -> loop.session("a").generating() == 0);
            assertThat(loop.session("a").depth()).isEqualTo(3);
            assertThat(loop.takeVerifications()).isEmpty();
            loop.verify(unanswered);
            loop.runUntilAnswers(1);
            fixture.assertEqualToTheOracle(request, loop.answer("a"));
        }
    }

    @Test
    void aSessionStartsFromWhatTheLastOneOfItsRetrieverHasLearnt() throws Exception {
        DecodingRequest other =
                Requests.random(1, 100).stream()
                        .filter(r -> r.retrieval().retriever() == RetrieverKind.BM25)
                        .findFirst()
                        .get();
        try (LoopHarness loop = new LoopHarness(serving, OperatorOptions.DEFAULT)) {
            loop.submit(Requests.simple("a"));
            assertThat(loop.session("a").estimates()).isEqualTo(Estimates.UNKNOWN);
            loop.runUntilAnswers(1);
            loop.submit(Requests.simple("b"));
            assertThat(loop.session("b").estimates().known()).isTrue();
            loop.submit(other);
            assertThat(loop.session(other.id()).estimates()).isEqualTo(Estimates.UNKNOWN);
            loop.runUntilAnswers(3);
        }
    }

    @Test
    void answersCarryTheirOriginWithoutTheBody() throws Exception {
        try (LoopHarness loop = new LoopHarness(serving, OperatorOptions.DEFAULT)) {
            loop.submit(Requests.simple("a"));
            loop.runUntilAnswers(1);
            assertThat(loop.flink.extractOutputValues().getFirst().origin())
                    .usingRecursiveComparison()
                    .isEqualTo(Requests.origin("a", "").withoutValue());
        }
    }

    @Test
    void deltasMakeUpTheAnswer() throws Exception {
        try (LoopHarness loop = new LoopHarness(serving, OperatorOptions.DEFAULT)) {
            loop.submit(Requests.simple("a"));
            loop.runUntilAnswers(1);
            assertThat(loop.takeDeltaText("a")).isNotEmpty().isEqualTo(loop.answer("a").text());
        }
    }

    @Test
    void aFailedVerificationIsAnErrorAnswerAndDisturbsNobody() throws Exception {
        try (LoopHarness loop = new LoopHarness(serving, OperatorOptions.DEFAULT)) {
            loop.submit(Requests.simple("a"));
            VerificationRequest request = loop.nextVerification();
            loop.submit(Requests.simple("b"));
            loop.put(VerificationResult.failed(request, 0.1, "the knowledge base is away"));
            loop.runUntilAnswers(2);
            assertThat(loop.answer("a").finishReason()).isEqualTo(FinishReason.ERROR);
            assertThat(loop.answer("a").error().code()).isEqualTo(ErrorCode.RETRIEVAL_FAILED);
            assertThat(loop.answer("a").error().message()).isEqualTo("the knowledge base is away");
            fixture.assertEqualToTheOracle(Requests.simple("b"), loop.answer("b"));
        }
    }

    @Test
    void aModelFailureIsAnErrorAnswerAndDisturbsNobody() throws Exception {
        serving.control().beforeGenerate =
                generation -> {
                    if (generation.context().sequence().equals("a")) {
                        throw new IllegalStateException("out of memory");
                    }
                };
        try (LoopHarness loop = new LoopHarness(serving, OperatorOptions.DEFAULT)) {
            loop.submit(Requests.simple("a"));
            loop.submit(Requests.simple("b"));
            loop.runUntilAnswers(2);
            assertThat(loop.answer("a").error().code()).isEqualTo(ErrorCode.MODEL_FAILED);
            fixture.assertEqualToTheOracle(Requests.simple("b"), loop.answer("b"));
        }
    }

    @Test
    void aRetrieverThatTheKnowledgeBaseLacksIsAnErrorAnswer() throws Exception {
        serving.control().missing.add(RetrieverKind.EXACT);
        try (LoopHarness loop = new LoopHarness(serving, OperatorOptions.DEFAULT)) {
            loop.submit(Requests.simple("a"));
            Answer answer = loop.answer("a");
            assertThat(answer.error().code()).isEqualTo(ErrorCode.UNKNOWN_RETRIEVER);
            assertThat(answer.error().message()).contains("[hnsw, bm25] (got exact)");
        }
    }

    @Test
    void aScorerThatFailsIsAnErrorAnswerAndDisturbsNobody() throws Exception {
        AtomicBoolean failed = new AtomicBoolean();
        serving.control().beforeScores =
                query -> {
                    if (!failed.getAndSet(true)) {
                        throw new IllegalStateException("built without that retriever");
                    }
                };
        try (LoopHarness loop = new LoopHarness(serving, Options.bounds(1, 10))) {
            loop.submit(Requests.simple("a"));
            loop.submit(Requests.simple("b"));
            loop.runUntilAnswers(2);
            assertThat(loop.answer("a").error().code()).isEqualTo(ErrorCode.RETRIEVAL_FAILED);
            fixture.assertEqualToTheOracle(Requests.simple("b"), loop.answer("b"));
        }
        assertThat(serving.control().model.held()).isZero();
    }

    @Test
    void staleResultsChangeNothing() throws Exception {
        DecodingRequest request = Requests.simple("a");
        try (LoopHarness loop = new LoopHarness(serving, OperatorOptions.DEFAULT)) {
            loop.submit(request);
            VerificationRequest first = loop.nextVerification();
            loop.verify(first);
            loop.verify(first);
            VerificationRequest second = loop.nextVerification();
            assertThat(second.epoch()).isGreaterThan(first.epoch());
            loop.put(
                    new VerificationResult(
                            "a", first.epoch(), List.of(Hits.EMPTY, Hits.EMPTY), 0, null));
            loop.put(VerificationResult.failed(first, 0, "late"));
            loop.put(
                    VerificationResult.failed(
                            new VerificationRequest(
                                    "nobody", 1, RetrieverKind.EXACT, List.of(), 1, false),
                            0,
                            "late"));
            loop.runMails();
            loop.verify(second);
            loop.runUntilAnswers(1);
            fixture.assertEqualToTheOracle(request, loop.answer("a"));
        }
    }

    @Test
    void aResultAfterTheEndIsDropped() throws Exception {
        CountDownLatch generating = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        serving.control().beforeGenerate =
                generation -> {
                    generating.countDown();
                    closed.await();
                };
        try (LoopHarness loop = new LoopHarness(serving, OperatorOptions.DEFAULT)) {
            loop.submit(Requests.simple("a"));
            loop.verify(loop.nextVerification());
            loop.runUntil(() -> generating.getCount() == 0);
            loop.flink.getTaskMailbox().quiesce();
            loop.put(new VerificationResult("a", 1, List.of(Hits.EMPTY), 0, null));
            closed.countDown();
        }
        assertThat(serving.control().closed).hasValue(1);
    }

    @Test
    void aServingThatDoesNotOpenFailsTheStartAndLeavesNothingBehind() {
        serving.control().openFailure = "tokenizer.json is missing";
        assertThatThrownBy(() -> new LoopHarness(serving, OperatorOptions.DEFAULT))
                .hasMessage("tokenizer.json is missing");
    }

    @Test
    void endOfInputReturnsAtOnceWhenNothingIsInFlight() throws Exception {
        try (LoopHarness loop = new LoopHarness(serving, OperatorOptions.DEFAULT)) {
            AbstractStreamOperator<?> operator = loop.flink.getOperator();
            ((BoundedOneInput) operator).endInput();
            assertThat(loop.answers()).isEmpty();
        }
    }
}
