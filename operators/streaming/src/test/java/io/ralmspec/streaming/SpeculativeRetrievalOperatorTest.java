package io.ralmspec.streaming;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.AnswerRecord;
import io.ralmspec.decoding.DeadLetter;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.ErrorCode;
import io.ralmspec.decoding.FinishReason;
import io.ralmspec.decoding.Hits;
import io.ralmspec.decoding.RetrieverKind;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SpeculativeRetrievalOperatorTest {
    private final ScriptedServing serving = new ScriptedServing(7);

    @AfterEach
    void nothingStaysOpen() {
        assertThat(FeedbackChannel.openChannels()).isZero();
        assertThat(SharedServing.openServings()).isZero();
        assertThat(serving.control().closed).hasValue(serving.control().opened.get());
    }

    @Test
    void answersEqualTheSequentialOnes() throws Exception {
        List<DecodingRequest> requests = Requests.random(Requests.firstSeed(), 60);
        int rolledBack = 0;
        int accepted = 0;
        try (LoopHarness loop = new LoopHarness(serving, Options.bounds(8, 1000))) {
            for (DecodingRequest request : requests) {
                loop.submit(request);
            }
            loop.runUntilAnswers(requests.size());
            for (DecodingRequest request : requests) {
                Answer answer = loop.answer(request.id());
                assertEqualToTheOracle(request, answer);
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
    void parksWhatIsBeyondTheBoundAndStartsItInOrder() throws Exception {
        try (LoopHarness loop = new LoopHarness(serving, Options.bounds(1, 10))) {
            for (String id : List.of("a", "b", "c")) {
                loop.submit(Requests.simple(id));
            }
            assertThat(loop.nextVerification().requestId()).isEqualTo("a");
            loop.submit(Requests.cancel("a"));
            assertThat(loop.nextVerification().requestId()).isEqualTo("b");
            loop.submit(Requests.cancel("b"));
            assertThat(loop.nextVerification().requestId()).isEqualTo("c");
            loop.submit(Requests.cancel("c"));
            assertThat(loop.answers()).extracting(Answer::id).containsExactly("a", "b", "c");
        }
    }

    @Test
    void refusesWhatIsBeyondTheParkedBoundAndNamesTheBound() throws Exception {
        try (LoopHarness loop = new LoopHarness(serving, Options.bounds(1, 1))) {
            for (String id : List.of("a", "b", "c")) {
                loop.submit(Requests.simple(id));
            }
            Answer refused = loop.answer("c");
            assertThat(refused.finishReason()).isEqualTo(FinishReason.ERROR);
            assertThat(refused.error().code()).isEqualTo(ErrorCode.OVERLOADED);
            assertThat(refused.error().message()).contains("<= 1 (got 2)");
            loop.runUntilAnswers(3);
            assertEqualToTheOracle(Requests.simple("a"), loop.answer("a"));
            assertEqualToTheOracle(Requests.simple("b"), loop.answer("b"));
        }
    }

    @Test
    void aDuplicateInFlightIsADeadLetterWithItsBytes() throws Exception {
        try (LoopHarness loop = new LoopHarness(serving, OperatorOptions.DEFAULT)) {
            loop.submit(Requests.simple("a"));
            loop.submit(Requests.simple("a"));
            assertDuplicate(loop.takeDeadLetters());
            loop.runUntilAnswers(1);
            assertEqualToTheOracle(Requests.simple("a"), loop.answer("a"));
        }
    }

    @Test
    void aRefusedRequestIsAnsweredOnceAndItsRepetitionIsADeadLetterWithItsBytes() throws Exception {
        try (LoopHarness loop = new LoopHarness(serving, OperatorOptions.DEFAULT)) {
            loop.submit(Requests.refused("a"));
            AnswerRecord record = loop.flink.extractOutputValues().getFirst();
            assertThat(record.answer())
                    .usingRecursiveComparison()
                    .isEqualTo(Answer.refused("a", Requests.refused("a").refusal()));
            assertThat(record.origin())
                    .usingRecursiveComparison()
                    .isEqualTo(Requests.origin("a", "").withoutValue());

            loop.submit(Requests.refused("a"));
            assertDuplicate(loop.takeDeadLetters());
            loop.submit(Requests.simple("a"));
            assertDuplicate(loop.takeDeadLetters());
            assertThat(loop.answers()).hasSize(1);
        }
    }

    @Test
    void aRefusedRequestWithTheIdOfOneInFlightIsADeadLetter() throws Exception {
        try (LoopHarness loop = new LoopHarness(serving, OperatorOptions.DEFAULT)) {
            loop.submit(Requests.simple("a"));
            loop.submit(Requests.refused("a"));
            assertDuplicate(loop.takeDeadLetters());
            loop.runUntilAnswers(1);
            assertEqualToTheOracle(Requests.simple("a"), loop.answer("a"));
        }
    }

    @Test
    void aDuplicateOfAnAnswerIsADeadLetterUntilTheRetentionIsOver() throws Exception {
        OperatorOptions options = OperatorOptions.DEFAULT;
        try (LoopHarness loop = new LoopHarness(serving, options)) {
            loop.submit(Requests.simple("a"));
            loop.runUntilAnswers(1);
            loop.flink.setStateTtlProcessingTime(1_000 + options.retention().toMillis() - 1);
            loop.submit(Requests.simple("a"));
            assertDuplicate(loop.takeDeadLetters());

            loop.flink.setStateTtlProcessingTime(1_000 + options.retention().toMillis() + 1);
            loop.submit(Requests.simple("a"));
            loop.runUntilAnswers(2);
            assertThat(loop.takeDeadLetters()).isEmpty();
        }
    }

    @Test
    void cancelEndsARequestInFlightAndFreesItsPlace() throws Exception {
        try (LoopHarness loop = new LoopHarness(serving, Options.bounds(1, 10))) {
            loop.submit(Requests.simple("a"));
            loop.submit(Requests.simple("b"));
            VerificationRequest late = loop.nextVerification();
            loop.submit(Requests.cancel("a"));
            assertThat(loop.answer("a").finishReason()).isEqualTo(FinishReason.CANCELLED);

            loop.verify(late);
            loop.runUntilAnswers(2);
            assertEqualToTheOracle(Requests.simple("b"), loop.answer("b"));
        }
        assertThat(serving.control().model.held()).isZero();
    }

    @Test
    void cancelEndsAParkedRequest() throws Exception {
        try (LoopHarness loop = new LoopHarness(serving, Options.bounds(1, 10))) {
            loop.submit(Requests.simple("a"));
            loop.submit(Requests.simple("b"));
            loop.submit(Requests.cancel("b"));
            assertThat(loop.answer("b").finishReason()).isEqualTo(FinishReason.CANCELLED);
            loop.runUntilAnswers(2);
            assertEqualToTheOracle(Requests.simple("a"), loop.answer("a"));
        }
    }

    @Test
    void cancelOfAnUnknownRequestIsADeadLetter() throws Exception {
        try (LoopHarness loop = new LoopHarness(serving, OperatorOptions.DEFAULT)) {
            loop.submit(Requests.cancel("nobody"));
            DeadLetter letter = loop.takeDeadLetters().getFirst();
            assertThat(letter.error().code()).isEqualTo(ErrorCode.UNKNOWN_ID);
            assertThat(letter.error().message()).contains("nobody");
            assertThat(letter.origin().key()).isEqualTo("nobody".getBytes(StandardCharsets.UTF_8));
        }
    }

    @Test
    void aDeadlineEndsRequestsInFlightAndParkedWithWhatIsVerified() throws Exception {
        try (LoopHarness loop = new LoopHarness(serving, Options.bounds(2, 10))) {
            loop.submit(Requests.simple("a", 500));
            loop.submit(Requests.simple("slow"));
            loop.submit(Requests.simple("b", 800));
            loop.nextVerifications(2);
            loop.flink.setProcessingTime(1_499);
            assertThat(loop.answers()).isEmpty();
            loop.flink.setProcessingTime(1_599);
            assertThat(loop.answer("a").finishReason()).isEqualTo(FinishReason.DEADLINE);
            assertThat(loop.answers()).hasSize(1);
            loop.flink.setProcessingTime(1_850);
            assertThat(loop.answer("b").finishReason()).isEqualTo(FinishReason.DEADLINE);
            assertThat(loop.answer("b").timings().total()).isEqualTo(0.85);
            assertThat(loop.answers()).hasSize(2);
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
            assertEqualToTheOracle(Requests.simple("b"), loop.answer("b"));
        }
    }

    @Test
    void aModelFailureIsAnErrorAnswerAndDisturbsNobody() throws Exception {
        serving.control().beforeGenerate =
                context -> {
                    if (context.sequence().equals("a")) {
                        throw new IllegalStateException("out of memory");
                    }
                };
        try (LoopHarness loop = new LoopHarness(serving, OperatorOptions.DEFAULT)) {
            loop.submit(Requests.simple("a"));
            loop.submit(Requests.simple("b"));
            loop.runUntilAnswers(2);
            assertThat(loop.answer("a").error().code()).isEqualTo(ErrorCode.MODEL_FAILED);
            assertEqualToTheOracle(Requests.simple("b"), loop.answer("b"));
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
                            new VerificationRequest("nobody", 1, RetrieverKind.EXACT, List.of(), 1),
                            0,
                            "late"));
            loop.runMails();
            loop.verify(second);
            loop.runUntilAnswers(1);
            assertEqualToTheOracle(request, loop.answer("a"));
        }
    }

    @Test
    void aSnapshotBetweenAnyTwoVerificationsResumesToTheSameAnswer() throws Exception {
        DecodingRequest request = Requests.simple("a");
        int rounds = serving.oracle(request).tokens().length / 12;
        assertThat(rounds).isPositive();
        for (int crashAfter = 0; crashAfter <= rounds; crashAfter++) {
            OperatorSubtaskState snapshot;
            VerificationRequest outstanding;
            try (LoopHarness loop = new LoopHarness(serving, OperatorOptions.DEFAULT)) {
                loop.submit(request);
                for (int i = 0; i < crashAfter; i++) {
                    loop.verify(loop.nextVerification());
                }
                outstanding = loop.nextVerification();
                snapshot = loop.flink.snapshot(1, 1);
            }
            try (LoopHarness loop =
                    new LoopHarness(serving, OperatorOptions.DEFAULT, snapshot, 1, 0)) {
                assertThat(loop.takeVerifications())
                        .singleElement()
                        .usingRecursiveComparison()
                        .isEqualTo(outstanding);
                loop.verify(outstanding);
                loop.runUntilAnswers(1);
                assertEqualToTheOracle(request, loop.answer("a"));
            }
        }
    }

    @Test
    void aSessionWhoseDocumentsAreGoneAfterARestoreIsAnErrorAnswerAndDisturbsNobody()
            throws Exception {
        OperatorOptions options = Options.bounds(2, 10);
        OperatorSubtaskState snapshot;
        VerificationRequest outstanding;
        try (LoopHarness loop = new LoopHarness(serving, options)) {
            loop.submit(Requests.simple("a"));
            loop.verify(loop.nextVerification());
            outstanding = loop.nextVerification();
            loop.submit(Requests.simple("retrieving"));
            loop.nextVerification();
            loop.submit(Requests.simple("parked"));
            snapshot = loop.flink.snapshot(1, 1);
        }
        assertThat(outstanding.epoch()).isPositive();
        serving.control().documents = 1;
        try (LoopHarness loop = new LoopHarness(serving, options, snapshot, 1, 0)) {
            loop.runUntilAnswers(3);
            Answer affected = loop.answer("a");
            assertThat(affected.finishReason()).isEqualTo(FinishReason.ERROR);
            assertThat(affected.error().code()).isEqualTo(ErrorCode.RETRIEVAL_FAILED);
            assertThat(affected.error().message()).contains("(IndexOutOfBoundsException)");
            for (String id : List.of("retrieving", "parked")) {
                assertEqualToTheOracle(Requests.simple(id), loop.answer(id));
            }
            loop.submit(Requests.simple("new"));
            loop.runUntilAnswers(4);
            assertEqualToTheOracle(Requests.simple("new"), loop.answer("new"));
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
            assertEqualToTheOracle(Requests.simple("b"), loop.answer("b"));
        }
        assertThat(serving.control().model.held()).isZero();
    }

    @Test
    void aSnapshotDuringAModelStepResumesToTheSameAnswer() throws Exception {
        DecodingRequest request = Requests.simple("a");
        CountDownLatch generating = new CountDownLatch(1);
        CountDownLatch crashed = new CountDownLatch(1);
        OperatorSubtaskState snapshot;
        try (LoopHarness loop = new LoopHarness(serving, OperatorOptions.DEFAULT)) {
            loop.submit(request);
            serving.control().beforeGenerate =
                    context -> {
                        generating.countDown();
                        crashed.await();
                    };
            loop.verify(loop.nextVerification());
            loop.runUntil(() -> generating.getCount() == 0);
            snapshot = loop.flink.snapshot(1, 1);
            crashed.countDown();
        }
        try (LoopHarness loop = new LoopHarness(serving, OperatorOptions.DEFAULT, snapshot, 1, 0)) {
            assertThat(loop.takeVerifications()).isEmpty();
            loop.runUntilAnswers(1);
            assertEqualToTheOracle(request, loop.answer("a"));
        }
    }

    @Test
    void aRestoreKeepsDuplicatesDeadlinesAndTheOrderOfTheParked() throws Exception {
        OperatorOptions options = Options.bounds(1, 10);
        OperatorSubtaskState snapshot;
        try (LoopHarness loop = new LoopHarness(serving, options)) {
            loop.submit(Requests.simple("done"));
            loop.runUntilAnswers(1);
            int millis = 1_000;
            for (String id : List.of("z", "m", "a", "k")) {
                loop.flink.setProcessingTime(millis++);
                loop.submit(id.equals("a") ? Requests.simple(id, 500) : Requests.simple(id));
            }
            snapshot = loop.flink.snapshot(1, 1);
        }
        try (LoopHarness loop = new LoopHarness(serving, options, snapshot, 1, 0)) {
            loop.submit(Requests.simple("done"));
            loop.submit(Requests.simple("k"));
            assertThat(loop.takeDeadLetters())
                    .extracting(letter -> letter.error().code())
                    .containsExactly(ErrorCode.DUPLICATE_ID, ErrorCode.DUPLICATE_ID);
            loop.flink.setProcessingTime(1_600);
            assertThat(loop.answer("a").finishReason()).isEqualTo(FinishReason.DEADLINE);
            loop.runUntilAnswers(4);
            assertThat(loop.answers()).extracting(Answer::id).containsExactly("a", "z", "m", "k");
            for (String id : List.of("z", "m", "k")) {
                assertEqualToTheOracle(Requests.simple(id), loop.answer(id));
            }
        }
    }

    @Test
    void rescalingSplitsTheSessionsAndLosesNone() throws Exception {
        List<DecodingRequest> requests = Requests.random(Requests.firstSeed(), 30);
        OperatorOptions options = Options.bounds(10, 100);
        List<VerificationRequest> outstanding;
        OperatorSubtaskState snapshot;
        try (LoopHarness loop = new LoopHarness(serving, options)) {
            for (DecodingRequest request : requests) {
                loop.submit(request);
            }
            outstanding = loop.nextVerifications(10);
            snapshot = loop.flink.snapshot(1, 1);
        }
        assertThat(outstanding).hasSize(10);
        List<Answer> answers = new ArrayList<>();
        for (int subtask = 0; subtask < 2; subtask++) {
            try (LoopHarness loop = new LoopHarness(serving, options, snapshot, 2, subtask)) {
                // What was out is dealt out without regard to keys: here, all of it to both.
                outstanding.forEach(loop::verify);
                loop.runUntilIdle();
                assertThat(loop.answers()).isNotEmpty();
                answers.addAll(loop.answers());
            }
        }
        assertThat(answers).hasSameSizeAs(requests);
        for (DecodingRequest request : requests) {
            assertEqualToTheOracle(
                    request,
                    answers.stream().filter(a -> a.id().equals(request.id())).findAny().get());
        }
    }

    @Test
    void aResultAfterTheEndIsDropped() throws Exception {
        CountDownLatch generating = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        serving.control().beforeGenerate =
                context -> {
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

    private void assertEqualToTheOracle(DecodingRequest request, Answer answer) {
        Answer expected = serving.oracle(request);
        assertThat(answer.tokens()).as(request.id()).isEqualTo(expected.tokens());
        assertThat(answer.text()).as(request.id()).isEqualTo(expected.text());
        assertThat(answer.finishReason()).as(request.id()).isEqualTo(expected.finishReason());
        assertThat(answer.sources()).as(request.id()).isEqualTo(expected.sources());
    }

    private static void assertDuplicate(List<DeadLetter> letters) {
        assertThat(letters).hasSize(1);
        DeadLetter letter = letters.getFirst();
        assertThat(letter.error().code()).isEqualTo(ErrorCode.DUPLICATE_ID);
        assertThat(letter.origin().value()).isEqualTo("body of a".getBytes(StandardCharsets.UTF_8));
    }
}
