package io.ralmspec.streaming;

import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.AnswerRecord;
import io.ralmspec.decoding.DeadLetter;
import io.ralmspec.decoding.ErrorCode;
import io.ralmspec.decoding.FinishReason;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the operator starts, parks, refuses, cancels and ends at a deadline. */
class SpeculativeRetrievalOperatorAdmissionTest {
    @RegisterExtension final OperatorFixture fixture = new OperatorFixture();
    private final ScriptedServing serving = fixture.serving;

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
            fixture.assertEqualToTheOracle(Requests.simple("a"), loop.answer("a"));
            fixture.assertEqualToTheOracle(Requests.simple("b"), loop.answer("b"));
        }
    }

    @Test
    void aDuplicateInFlightIsADeadLetterWithItsBytes() throws Exception {
        try (LoopHarness loop = new LoopHarness(serving, OperatorOptions.DEFAULT)) {
            loop.submit(Requests.simple("a"));
            loop.submit(Requests.simple("a"));
            assertDuplicate(loop.takeDeadLetters());
            loop.runUntilAnswers(1);
            fixture.assertEqualToTheOracle(Requests.simple("a"), loop.answer("a"));
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
            fixture.assertEqualToTheOracle(Requests.simple("a"), loop.answer("a"));
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
            fixture.assertEqualToTheOracle(Requests.simple("b"), loop.answer("b"));
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
            fixture.assertEqualToTheOracle(Requests.simple("a"), loop.answer("a"));
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

    private static void assertDuplicate(List<DeadLetter> letters) {
        assertThat(letters).hasSize(1);
        DeadLetter letter = letters.getFirst();
        assertThat(letter.error().code()).isEqualTo(ErrorCode.DUPLICATE_ID);
        assertThat(letter.origin().value()).isEqualTo("body of a".getBytes(StandardCharsets.UTF_8));
    }
}
