package io.ralmspec.decoding.knnlm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.Counters;
import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.Delta;
import io.ralmspec.decoding.ErrorCode;
import io.ralmspec.decoding.Estimates;
import io.ralmspec.decoding.FinishReason;
import io.ralmspec.decoding.Phase;
import io.ralmspec.decoding.RequestError;
import io.ralmspec.decoding.SessionCommand;
import io.ralmspec.decoding.SessionEvent;
import io.ralmspec.decoding.Transcript;
import io.ralmspec.decoding.Transition;
import org.junit.jupiter.api.Test;

/** What happens to rounds off the straight path. */
class KnnTroubleTest extends KnnByHand {
    @Test
    void resultsOfAnotherEpochAreStale() {
        start(THREE);
        stale(new KnnEvent.Speculated(0, new int[] {1}, keys(1), 0));
        stale(new KnnEvent.Prepared(1, new int[] {1}, 0));
        speculated(1, 2, 3);
        int searching = state.verifying();
        stale(new KnnEvent.Settled(0, new int[] {1}, 0));
        stale(new KnnEvent.Searched(searching - 1, found(1, 2, 3), 0));
        searched(5, 6, 7);
        stale(new KnnEvent.Searched(searching, found(1, 2, 3), 0));
        stale(new SessionEvent.Failed(searching, ErrorCode.RETRIEVAL_FAILED, "late"));
        stale(new SessionEvent.Failed(0, ErrorCode.RETRIEVAL_FAILED, "late"));
    }

    @Test
    void aCancelledSessionAnswersWithWhatIsVerified() {
        start(THREE);
        round(1, 2, 3);
        speculated(4, 5, 6);
        step(new SessionEvent.Cancelled());
        assertThat(answer().finishReason()).isEqualTo(FinishReason.CANCELLED);
        assertThat(answer().tokens()).containsExactly(1, 2, 3);
        assertThat(answer().timings().total()).isEqualTo(1.0);
        stale(new SessionEvent.Cancelled());
        stale(new SessionEvent.DeadlinePassed());
    }

    @Test
    void aLongPromptIsRefusedWithTheBound() {
        commands.addAll(decoder.start(state, Estimates.UNKNOWN, 1_000).commands());
        state = decoder.start(state, Estimates.UNKNOWN, 1_000).state();
        step(new KnnEvent.Prepared(state.generating(), new int[99], 0));
        RequestError error = answer().error();
        assertThat(error).isNotNull();
        assertThat(error.code()).isEqualTo(ErrorCode.PROMPT_TOO_LONG);
        assertThat(error.message()).contains("`prompt` must be <= 98 tokens (got 99)");
    }

    @Test
    void aDatastoreThatAnswersTooFewKeysIsAnError() {
        start(THREE);
        speculated(1, 2, 3);
        searched(5, 6);
        assertThat(answer().error())
                .isEqualTo(
                        new RequestError(
                                ErrorCode.RETRIEVAL_FAILED,
                                "",
                                "the datastore must answer 3 keys (got 2 answers)"));
    }

    @Test
    void workersThatBreakTheirContractAreFoundOut() {
        start(THREE);
        assertThatThrownBy(() -> speculated(1, 2, 3, 4))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("speculated tokens must be <= 3, with a key each (got 4");
        speculated(1, 2, 3);
        searched(5, 6, 7);
        for (int[] wrong : new int[][] {{}, {1}, {1, 2}, {2, 2}, {1, 2, 3, 4}, {1, 9, 3}}) {
            assertThatThrownBy(() -> settled(wrong))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("settled tokens must be the 3 drafts asked about");
        }
        settled(1, 2, 9);
        assertThat(state.transcript().generated()).containsExactly(1, 2, 9);
    }

    @Test
    void aSpeculationThatFailsOnADraftWaitsForTheTruth() {
        start(CONTINUOUS);
        speculated(1);
        failed(ErrorCode.MODEL_FAILED, state.generating());
        assertThat(commands).isEmpty();
        searched(5);
        settled(1);
        assertThat(state.careful()).as("one token is certain, so it may guess again").isFalse();
        assertThat(speculation().depth()).isZero();
        assertThat(speculation().cache()).isNotEmpty();
    }

    @Test
    void aSpeculationThatFailsIsTriedAgainAsTheBaselineWould() {
        start(THREE);
        round(1, 2, 3);
        failed(ErrorCode.MODEL_FAILED, state.generating());
        assertThat(speculation().count()).isEqualTo(1);
        assertThat(speculation().cache()).isEmpty();
        failed(ErrorCode.MODEL_FAILED, state.generating());
        assertThat(answer().error()).isEqualTo(new RequestError(ErrorCode.MODEL_FAILED, "", "why"));
        assertThat(answer().tokens()).containsExactly(1, 2, 3);
    }

    @Test
    void theBaselineFailsAtOnce() {
        state = KnnRequests.submitted("r", 20, DecodingMode.KNN_LM_BASELINE, THREE, false);
        prepare();
        failed(ErrorCode.MODEL_FAILED, state.generating());
        assertThat(answer().error().code()).isEqualTo(ErrorCode.MODEL_FAILED);
    }

    @Test
    void aSearchThatFailsIsAskedAgainForTheFirstKeyAlone() {
        start(THREE);
        speculated(1, 2, 3);
        failed(ErrorCode.RETRIEVAL_FAILED, state.verifying());
        assertThat(search().keys()).hasSize(1);
        assertThat(state.drafts()).containsExactly(1);
        assertThat(state.counters().rolledBackTokens()).isEqualTo(2);
        failed(ErrorCode.RETRIEVAL_FAILED, state.verifying());
        assertThat(answer().error().code()).isEqualTo(ErrorCode.RETRIEVAL_FAILED);
        assertThat(answer().tokens()).isEmpty();
    }

    /** Of a draft whose state was lost, the model may fail to make it again. */
    @Test
    void aSettlingThatFailsIsAskedAgainForTheFirstDraftAlone() {
        start(THREE);
        speculated(1, 2, 3);
        searched(5, 6, 7);
        failed(ErrorCode.MODEL_FAILED, state.settling());
        assertThat(search().keys()).hasSize(1);
        searched(5);
        settled(1);
        assertThat(state.transcript().generated()).containsExactly(1);
        speculated(2, 3, 4);
        searched(5, 6, 7);
        failed(ErrorCode.MODEL_FAILED, state.settling());
        searched(5);
        failed(ErrorCode.MODEL_FAILED, state.settling());
        assertThat(answer().error().code()).isEqualTo(ErrorCode.MODEL_FAILED);
        assertThat(answer().tokens()).containsExactly(1);
    }

    @Test
    void aResumedSessionAsksAgainForWhatItWaitsFor() {
        start(CONTINUOUS);
        speculated(1);
        Transition<KnnState> resumed = decoder.resume(state, 3_000);
        assertThat(resumed.commands())
                .extracting(Object::getClass)
                .containsExactly(KnnCommand.Speculate.class, KnnCommand.Search.class);
        assertThat(resumed.commands())
                .usingRecursiveComparison()
                .ignoringCollectionOrder()
                .isEqualTo(commands);
        assertThat(resumed.state()).usingRecursiveComparison().isEqualTo(state);
    }

    /** What was found is too much to be kept. */
    @Test
    void aResumedSettlingSearchesAgain() {
        start(THREE);
        speculated(1, 2, 3);
        KnnCommand.Search search = search();
        searched(5, 6, 7);
        int settling = state.settling();
        apply(decoder.resume(state, 3_000));
        assertThat(search().keys()).usingRecursiveComparison().isEqualTo(search.keys());
        stale(new KnnEvent.Settled(settling, new int[] {9}, 0));
        searched(5, 6, 7);
        settled(1, 2, 3);
        assertThat(state.transcript().generated()).containsExactly(1, 2, 3);
        assertThat(state.counters()).isEqualTo(new Counters(1, 0, 0, 0, 0, 0, 0, 0, 2, 6, 3));
    }

    @Test
    void aSessionBeginsAnewOnAnotherDatastore() {
        start(THREE);
        round(1, 2, 3);
        KnnState before = state;
        apply(decoder(2).resume(state, 3_000));
        assertThat(state.phase()).isEqualTo(Phase.PREPARING);
        assertThat(state.datastore()).isNotEqualTo(before.datastore());
        assertThat(state.transcript()).usingRecursiveComparison().isEqualTo(Transcript.EMPTY);
        assertThat(state.cache().isEmpty()).isTrue();
        assertThat(state.receivedMillis()).isEqualTo(before.receivedMillis());
        assertThat(only(KnnCommand.Prepare.class).epoch()).isGreaterThan(before.epoch());
    }

    @Test
    void anotherDatastoreIsAnErrorIfSomeTextWasSent() {
        state = KnnRequests.submitted("r", 20, DecodingMode.KNN_LM, THREE, true);
        prepare();
        round(1, 2, 3);
        assertThat(state.transcript().deltas()).isPositive();
        apply(decoder(2).resume(state, 3_000));
        assertThat(answer().tokens()).containsExactly(1, 2, 3);
        assertThat(answer().error().code()).isEqualTo(ErrorCode.KNOWLEDGE_BASE_CHANGED);
        assertThat(answer().error().message()).contains("send the request again");
    }

    @Test
    void anAbortedSessionAnswersWithWhatIsVerified() {
        start(THREE);
        round(1, 2, 3);
        speculated(4, 5, 6);
        apply(decoder.abort(state, ErrorCode.MODEL_FAILED, "why", 3_000));
        assertThat(answer().error()).isEqualTo(new RequestError(ErrorCode.MODEL_FAILED, "", "why"));
        assertThat(answer().tokens()).containsExactly(1, 2, 3);
        assertThat(state.finished()).isTrue();
    }

    @Test
    void anAbandonedSessionAnswersWithoutText() {
        state = KnnRequests.submitted("r", 20, DecodingMode.KNN_LM, THREE, true);
        prepare();
        round(1, 2, 3);
        RequestError error = new RequestError(ErrorCode.ANSWER_TOO_LARGE, "", "why");
        Transition<?> abandoned = Transition.abandoned(state, error);
        assertThat(abandoned.state().finished()).isTrue();
        assertThat(abandoned.commands())
                .usingRecursiveFieldByFieldElementComparator()
                .containsExactly(
                        new SessionCommand.EmitDelta(
                                new Delta("r", state.transcript().deltas(), "", true)),
                        new SessionCommand.Finish(Answer.refused("r", error)));
    }

    @Test
    void aSessionStartsOnce() {
        start(THREE);
        assertThatThrownBy(() -> decoder.start(state, Estimates.UNKNOWN, 0))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("session r must be SUBMITTED to start (is DECODING)");
    }
}
