package io.ralmspec.streaming;

import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.ErrorCode;
import io.ralmspec.decoding.FinishReason;
import io.ralmspec.decoding.RetrieverKind;
import java.util.List;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Requests in KNN-LM mode through the head of the loop, where they are not like others. */
class KnnSessionsTest {
    @RegisterExtension final OperatorFixture fixture = new OperatorFixture();
    private final ScriptedServing serving = fixture.serving;

    @Test
    void aSnapshotBetweenAnyTwoSearchesResumesToTheSameAnswer() throws Exception {
        DecodingRequest request = Requests.withNeighbours("a");
        int searches = searches(request);
        assertThat(searches).isGreaterThan(3);
        for (int before = 0; before < searches; before++) {
            OperatorSubtaskState snapshot;
            VerificationRequest outstanding;
            try (LoopHarness loop = new LoopHarness(serving, OperatorOptions.DEFAULT)) {
                loop.submit(request);
                for (int i = 0; i < before; i++) {
                    loop.verify(loop.nextVerification());
                }
                outstanding = loop.nextVerification();
                snapshot = loop.flink.snapshot(1, 1);
            }
            try (LoopHarness loop =
                    new LoopHarness(serving, OperatorOptions.DEFAULT, snapshot, 1, 0)) {
                VerificationRequest again = loop.nextVerification();
                assertThat(again.neighbours()).isTrue();
                assertThat(again).usingRecursiveComparison().isEqualTo(outstanding);
                loop.verify(again);
                // The one of before the restore comes as well, and is stale.
                loop.verify(outstanding);
                loop.runUntilAnswers(1);
                fixture.assertEqualToTheOracle(request, loop.answer("a"));
            }
        }
    }

    /** Searches that an undisturbed run sends. */
    private int searches(DecodingRequest request) throws Exception {
        try (LoopHarness loop = new LoopHarness(serving, OperatorOptions.DEFAULT)) {
            loop.submit(request);
            loop.runUntilAnswers(1);
            fixture.assertEqualToTheOracle(request, loop.answer(request.id()));
            return loop.answer(request.id()).counters().retrievalCalls();
        }
    }

    @Test
    void aSnapshotWhileTokensAreSettledSearchesAgain() throws Exception {
        DecodingRequest request = Requests.withNeighbours("a");
        OperatorSubtaskState snapshot;
        try (LoopHarness loop = new LoopHarness(serving, OperatorOptions.DEFAULT)) {
            loop.submit(request);
            VerificationRequest first = loop.nextVerification();
            loop.verify(first);
            loop.runMails();
            snapshot = loop.flink.snapshot(1, 1);
        }
        try (LoopHarness loop = new LoopHarness(serving, OperatorOptions.DEFAULT, snapshot, 1, 0)) {
            loop.runUntilAnswers(1);
            fixture.assertEqualToTheOracle(request, loop.answer("a"));
        }
    }

    @Test
    void withoutADatastoreARequestIsRefused() throws Exception {
        serving.control().withoutDatastore = true;
        try (LoopHarness loop = new LoopHarness(serving, OperatorOptions.DEFAULT)) {
            loop.submit(Requests.withNeighbours("a"));
            Answer answer = loop.answer("a");
            assertThat(answer.error().code()).isEqualTo(ErrorCode.INVALID_FIELD);
            assertThat(answer.error().message())
                    .isEqualTo(
                            "`retrieval.mode` must be baseline or speculative in a job without a"
                                    + " datastore (got knn-lm)");
        }
    }

    @Test
    void withoutAGraphAnApproximateRequestIsRefused() throws Exception {
        serving.control().missing.add(RetrieverKind.HNSW);
        try (LoopHarness loop = new LoopHarness(serving, OperatorOptions.DEFAULT)) {
            loop.submit(Requests.withNeighbours("a", RetrieverKind.HNSW));
            Answer answer = loop.answer("a");
            assertThat(answer.error().code()).isEqualTo(ErrorCode.UNKNOWN_RETRIEVER);
            assertThat(answer.error().message())
                    .contains("[exact] (got hnsw): the datastore was built without it");
        }
    }

    @Test
    void aSessionWhoseDatastoreIsGoneAfterARestoreIsAnErrorAnswerAndDisturbsNobody()
            throws Exception {
        OperatorSubtaskState snapshot;
        try (LoopHarness loop = new LoopHarness(serving, OperatorOptions.DEFAULT)) {
            loop.submit(Requests.withNeighbours("a"));
            loop.verify(loop.nextVerification());
            loop.nextVerification();
            loop.submit(Requests.simple("b"));
            loop.nextVerification();
            snapshot = loop.flink.snapshot(1, 1);
        }
        serving.control().withoutDatastore = true;
        try (LoopHarness loop = new LoopHarness(serving, OperatorOptions.DEFAULT, snapshot, 1, 0)) {
            loop.runUntilAnswers(2);
            Answer gone = loop.answer("a");
            assertThat(gone.finishReason()).isEqualTo(FinishReason.ERROR);
            assertThat(gone.error().message()).contains("in a job without a datastore");
            fixture.assertEqualToTheOracle(Requests.simple("b"), loop.answer("b"));
        }
    }

    @Test
    void aFailedSearchIsAnErrorAnswerAndDisturbsNobody() throws Exception {
        try (LoopHarness loop = new LoopHarness(serving, OperatorOptions.DEFAULT)) {
            loop.submit(Requests.withNeighbours("a"));
            VerificationRequest search = loop.nextVerification();
            // Of several keys a draft's may be at fault, so the first is asked for alone.
            loop.put(VerificationResult.failed(search, 0.01, "on purpose"));
            VerificationRequest alone = loop.nextVerification();
            assertThat(search.queries()).hasSizeGreaterThan(1);
            assertThat(alone.queries()).hasSize(1);
            loop.put(VerificationResult.failed(alone, 0.01, "on purpose"));
            loop.submit(Requests.withNeighbours("b"));
            loop.runUntilAnswers(2);
            assertThat(loop.answer("a").error().message()).isEqualTo("on purpose");
            fixture.assertEqualToTheOracle(Requests.withNeighbours("b"), loop.answer("b"));
        }
    }

    @Test
    void aCancelledRequestEndsAndTheNextOneIsAnswered() throws Exception {
        try (LoopHarness loop = new LoopHarness(serving, OperatorOptions.DEFAULT)) {
            loop.submit(Requests.withNeighbours("a"));
            VerificationRequest search = loop.nextVerification();
            loop.submit(Requests.cancel("a"));
            assertThat(loop.answer("a").finishReason()).isEqualTo(FinishReason.CANCELLED);
            loop.verify(search);
            for (DecodingRequest next :
                    List.of(Requests.withNeighbours("b"), Requests.simple("c"))) {
                loop.submit(next);
            }
            loop.runUntilAnswers(3);
            fixture.assertEqualToTheOracle(Requests.withNeighbours("b"), loop.answer("b"));
            fixture.assertEqualToTheOracle(Requests.simple("c"), loop.answer("c"));
        }
    }
}
