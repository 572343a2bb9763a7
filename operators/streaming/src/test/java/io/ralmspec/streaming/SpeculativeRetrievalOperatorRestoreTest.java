package io.ralmspec.streaming;

import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.ErrorCode;
import io.ralmspec.decoding.FinishReason;
import io.ralmspec.decoding.RetrievalScheme;
import io.ralmspec.decoding.Seeds;
import io.ralmspec.decoding.SessionState;
import io.ralmspec.decoding.SpeculationPolicy;
import io.ralmspec.decoding.StrideRule;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the operator takes up from a snapshot, at the same parallelism or another. */
class SpeculativeRetrievalOperatorRestoreTest {
    @RegisterExtension final OperatorFixture fixture = new OperatorFixture();
    private final ScriptedServing serving = fixture.serving;

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
                fixture.assertEqualToTheOracle(request, loop.answer("a"));
            }
        }
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
                    generation -> {
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
            fixture.assertEqualToTheOracle(request, loop.answer("a"));
        }
    }

    @ParameterizedTest
    @EnumSource
    void aSnapshotWithAStepAndAVerificationOutResumesToTheSameAnswer(StrideRule rule)
            throws Exception {
        SpeculationPolicy policy = new SpeculationPolicy(rule, 2, 5, true, true, false);
        DecodingRequest request = Requests.with("a", RetrievalScheme.EVERY_STRIDE, policy);
        OperatorOptions options = Options.maxStride(2, OperatorOptions.DEFAULT);
        int bothOut = 0;
        int steps = Math.min(8, serving.oracle(request).counters().modelSteps());
        for (int crashAfter = 0; crashAfter < steps; crashAfter++) {
            OperatorSubtaskState snapshot;
            SessionState session;
            try (LoopHarness loop = new LoopHarness(serving, options);
                    StepGate gate = new StepGate(serving)) {
                loop.submit(request);
                for (int i = 0; i < crashAfter; i++) {
                    gate.letOneThrough(loop, true);
                }
                gate.letOneThrough(loop, false);
                session = loop.session("a");
                snapshot = loop.flink.snapshot(1, 1);
            }
            if (session == null) {
                break;
            }
            int generated = serving.control().generated.get();
            bothOut += session.generating() != 0 && session.verifying() != 0 ? 1 : 0;
            try (LoopHarness loop = new LoopHarness(serving, options, snapshot, 1, 0)) {
                List<VerificationRequest> asked = loop.takeVerifications();
                if (session.verifying() == 0) {
                    assertThat(asked).isEmpty();
                } else {
                    assertThat(asked)
                            .extracting(VerificationRequest::epoch)
                            .containsExactly(session.verifying());
                }
                if (session.generating() != 0) {
                    loop.runUntil(() -> serving.control().generated.get() > generated);
                }
                asked.forEach(loop::verify);
                loop.runUntilAnswers(1);
                fixture.assertEqualToTheOracle(request, loop.answer("a"));
            }
        }
        assertThat(bothOut).isPositive();
    }

    /** Holds every model step until it is let through. */
    private static final class StepGate implements AutoCloseable {
        private final ScriptedServing serving;
        private final Semaphore permits = new Semaphore(0);
        private final AtomicInteger waited = new AtomicInteger();
        private int released;

        StepGate(ScriptedServing serving) {
            this.serving = serving;
            serving.control().beforeGenerate =
                    generation -> {
                        waited.incrementAndGet();
                        permits.acquire();
                    };
        }

        /** Lets one step through, and returns when the next one waits or none is wanted. */
        void letOneThrough(LoopHarness loop, boolean answering) throws Exception {
            int next = ++released;
            loop.runUntil(
                    () -> {
                        // The first lookup has nothing to wait for it.
                        if (answering || waited.get() == 0) {
                            loop.takeVerifications().forEach(loop::verify);
                        }
                        return waited.get() >= next || loop.session("a") == null;
                    });
            permits.release();
            loop.runUntil(
                    () -> {
                        if (answering) {
                            loop.takeVerifications().forEach(loop::verify);
                        }
                        SessionState session = loop.session("a");
                        boolean idle = session == null || (!answering && session.generating() == 0);
                        return waited.get() > next || idle;
                    });
        }

        @Override
        public void close() {
            serving.control().beforeGenerate = generation -> {};
            permits.release(1_000);
        }
    }

    @Test
    void onAnotherKnowledgeBaseARequestBeginsAnewOrIsAnErrorAnswer() throws Exception {
        List<DecodingRequest> requests =
                List.of(Requests.simple("streamed"), Requests.unstreamed("unstreamed"));
        OperatorSubtaskState snapshot;
        List<VerificationRequest> late;
        try (LoopHarness loop = new LoopHarness(serving, Options.bounds(2, 10))) {
            for (DecodingRequest request : requests) {
                loop.submit(request);
                loop.verify(loop.nextVerification());
            }
            late = loop.nextVerifications(2);
            loop.submit(Requests.simple("parked"));
            for (DecodingRequest request : requests) {
                assertThat(loop.session(request.id()).transcript().generated()).isNotEmpty();
            }
            snapshot = loop.flink.snapshot(1, 1);
        }
        Answer before = serving.oracle(requests.getFirst());
        serving.control().documents = 50;
        try (LoopHarness loop = new LoopHarness(serving, Options.bounds(2, 10), snapshot, 1, 0)) {
            // What was out is asked again by the operator behind this one.
            late.forEach(loop::verify);
            loop.runUntilAnswers(3);
            Answer streamed = loop.answer("streamed");
            assertThat(streamed.error().code()).isEqualTo(ErrorCode.KNOWLEDGE_BASE_CHANGED);
            assertThat(before.text()).startsWith(streamed.text());
            assertThat(streamed.text()).isNotEmpty();
            fixture.assertEqualToTheOracle(requests.getLast(), loop.answer("unstreamed"));
            fixture.assertEqualToTheOracle(Requests.simple("parked"), loop.answer("parked"));
        }
    }

    @Test
    void aSessionWhoseDocumentsAreGoneAfterARestoreIsAnErrorAnswerAndDisturbsNobody()
            throws Exception {
        OperatorOptions options = Options.bounds(2, 10);
        // Other documents under the same name, which only shows when they are looked up.
        serving.control().fingerprint = "the same";
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
            assertThat(affected.error().message()).contains("IndexOutOfBoundsException)");
            for (String id : List.of("retrieving", "parked")) {
                fixture.assertEqualToTheOracle(Requests.simple(id), loop.answer(id));
            }
            loop.submit(Requests.simple("new"));
            loop.runUntilAnswers(4);
            fixture.assertEqualToTheOracle(Requests.simple("new"), loop.answer("new"));
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
                fixture.assertEqualToTheOracle(Requests.simple(id), loop.answer(id));
            }
        }
    }

    @Test
    void rescalingSplitsTheSessionsAndLosesNone() throws Exception {
        List<DecodingRequest> requests = Requests.random(Seeds.first(), 30);
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
            fixture.assertEqualToTheOracle(
                    request,
                    answers.stream().filter(a -> a.id().equals(request.id())).findAny().get());
        }
    }
}
