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
import io.ralmspec.decoding.KnnParameters;
import io.ralmspec.decoding.ModelProfile;
import io.ralmspec.decoding.Phase;
import io.ralmspec.decoding.RequestError;
import io.ralmspec.decoding.ScriptedTokenizer;
import io.ralmspec.decoding.SessionCommand;
import io.ralmspec.decoding.SessionEvent;
import io.ralmspec.decoding.SpeculationPolicy;
import io.ralmspec.decoding.StrideRule;
import io.ralmspec.decoding.StrideSettings;
import io.ralmspec.decoding.Transcript;
import io.ralmspec.decoding.Transition;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Rounds by hand, and what happens off the straight path. */
class KnnDecoderTest {
    private static final int MAX_STRIDE = 8;
    private static final SpeculationPolicy THREE = SpeculationPolicy.fixed(3, 1);
    private static final SpeculationPolicy CONTINUOUS =
            new SpeculationPolicy(StrideRule.CONTINUOUS, 1, 1, true, false);

    private final KnnDecoder decoder = decoder(1);
    private final List<SessionCommand> commands = new ArrayList<>();
    private KnnState state = KnnRequests.submitted("r", 20, DecodingMode.KNN_LM, THREE, false);

    @Test
    void theFirstRoundIsGuessedByTheModelAlone() {
        start(THREE);
        assertThat(speculation().cache()).isEmpty();
        assertThat(speculation().count()).isEqualTo(3);
        assertThat(speculation().context().verified()).containsExactly(7, 8);
    }

    @Test
    void commitsDraftsUpToTheFirstWrongOneAndTheTokenThatCorrectsIt() {
        start(THREE);
        speculated(1, 2, 3);
        assertThat(search().keys()).hasSize(3);
        assertThat(search().count()).isEqualTo(KnnParameters.DEFAULT.neighbours());

        searched(5, 6, 7);
        assertThat(settling().context().drafts()).containsExactly(1, 2, 3);
        assertThat(settling().neighbours()).hasSize(3);
        settled(1, 9);

        assertThat(state.transcript().generated()).containsExactly(1, 9);
        assertThat(state.drafts()).isEmpty();
        assertThat(state.keys()).isEmpty();
        assertThat(speculation().context().verified()).containsExactly(7, 8, 1, 9);
        assertThat(speculation().context().drafts()).isEmpty();
        // What follows the neighbour of the last true token's key was added last.
        assertThat(speculation().cache()).containsExactly(5, 6, 9, 8, 7);
        // What the cache did not guess is not counted as its guesses.
        assertThat(state.counters()).isEqualTo(new Counters(1, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3));
    }

    @Test
    void draftsThatTheCacheDidNotGuessAreForgottenWithTheirRound() {
        start(THREE);
        speculated(1, 2, 3);
        searched(5, 6, 7);
        settled(9);
        round(1, 2, 3);
        assertThat(state.counters().guesses()).isEqualTo(3);
        assertThat(state.counters().accepted()).isEqualTo(3);
    }

    @Test
    void countsWhatTheCacheGuessed() {
        start(THREE);
        round(1, 2, 3);
        speculated(4, 5, 6);
        searched(5, 6, 7);
        settled(4, 5, 9);
        assertThat(state.transcript().generated()).containsExactly(1, 2, 3, 4, 5, 9);
        assertThat(state.counters()).isEqualTo(new Counters(2, 3, 2, 0, 0, 0, 0, 0, 2, 6, 6));
        assertThat(state.outcomes().survived()).containsExactly(2);
        assertThat(state.outcomes().failed()).containsExactly(1);
    }

    @Test
    void anEndInADraftIsVerifiedBeforeItCounts() {
        start(THREE);
        speculated(1, 0);
        assertThat(state.draftEnd()).isEqualTo(FinishReason.STOP);
        assertThat(search().keys()).hasSize(2);
        searched(5, 6);
        settled(1, 4);
        assertThat(state.phase()).isEqualTo(Phase.DECODING);
        assertThat(state.draftEnd()).isNull();
        assertThat(state.transcript().generated()).containsExactly(1, 4);
    }

    @Test
    void aCorrectedTokenCanEndTheAnswer() {
        start(THREE);
        speculated(1, 2, 3);
        searched(5, 6, 7);
        settled(1, 0);
        assertThat(answer().tokens()).containsExactly(1);
        assertThat(answer().finishReason()).isEqualTo(FinishReason.STOP);
    }

    @Test
    void neverGuessesBeyondTheLastTokenAllowed() {
        state = KnnRequests.submitted("r", 4, DecodingMode.KNN_LM, THREE, false);
        prepare();
        round(1, 2, 3);
        assertThat(speculation().count()).isEqualTo(1);
        round(4);
        assertThat(answer().finishReason()).isEqualTo(FinishReason.LENGTH);
        assertThat(answer().tokens()).containsExactly(1, 2, 3, 4);
        assertThat(answer().counters().retrievalCalls()).isEqualTo(2);
    }

    @Test
    void goesOnWhileASearchIsOutAndKeepsWhatIsRight() {
        start(CONTINUOUS);
        speculated(1);
        int asked = search().epoch();
        assertThat(speculation().depth()).isEqualTo(1);
        speculated(2);
        assertThat(state.verifying()).as("the search stays").isEqualTo(asked);
        assertThat(speculation().depth()).isEqualTo(2);
        int running = speculation().epoch();

        searched(5);
        settled(1);

        assertThat(state.generating()).as("the speculation stays").isEqualTo(running);
        assertThat(search().keys()).as("what was drafted ahead").hasSize(1);
        speculated(3);
        searched(6);
        settled(2);
        assertThat(state.transcript().generated()).containsExactly(1, 2);
        assertThat(state.counters().cancelledSteps()).isZero();
    }

    @Test
    void aWrongDraftStopsTheSpeculationBuiltOnIt() {
        start(CONTINUOUS);
        speculated(1);
        speculated(2);
        KnnCommand.Speculate ahead = speculation();
        searched(5);
        settled(9);
        assertThat(state.transcript().generated()).containsExactly(9);
        assertThat(speculation().context().verified()).containsExactly(7, 8, 9);
        assertThat(state.counters().cancelledSteps()).isEqualTo(1);
        assertThat(state.counters().rolledBackTokens()).isEqualTo(1);
        stale(new KnnEvent.Speculated(ahead.epoch(), new int[] {3}, keys(1), 0));
    }

    @Test
    void gathersAtMostTheLargestStrideAheadOfASearch() {
        start(CONTINUOUS);
        speculated(1);
        for (int ahead = 1; ahead <= MAX_STRIDE; ahead++) {
            assertThat(speculation().depth()).isEqualTo(ahead);
            speculated(1 + ahead);
        }
        assertThat(commands).isEmpty();
        assertThat(state.drafts()).hasSize(1 + MAX_STRIDE);
    }

    @Test
    void nothingIsGuessedWhileTheTruthIsBeingTold() {
        start(CONTINUOUS);
        speculated(1);
        int running = state.generating();
        searched(5);
        assertThat(state.generating()).isEqualTo(running);
        // Stopped where it was, which is nowhere.
        speculated();
        assertThat(commands).isEmpty();
        settled(1);
        assertThat(speculation().context().drafts()).isEmpty();
    }

    @Test
    void aStoppedSpeculationGoesOnWhereItWas() {
        start(THREE);
        speculated(1);
        assertThat(state.verifying()).isZero();
        assertThat(speculation().count()).isEqualTo(2);
        assertThat(speculation().context().drafts()).containsExactly(1);
        speculated();
        assertThat(speculation().count()).isEqualTo(2);
        speculated(2, 3);
        assertThat(search().keys()).hasSize(3);
    }

    @Test
    void theBaselineAsksOneKeyPerToken() {
        state = KnnRequests.submitted("r", 20, DecodingMode.KNN_LM_BASELINE, THREE, false);
        prepare();
        for (int token = 1; token <= 3; token++) {
            assertThat(speculation().count()).isEqualTo(1);
            assertThat(speculation().cache()).isEmpty();
            speculated(50);
            assertThat(commands).as("nothing beside the search").hasSize(1);
            assertThat(search().keys()).hasSize(1);
            searched(5);
            settled(token);
        }
        assertThat(state.transcript().generated()).containsExactly(1, 2, 3);
        assertThat(state.cache().isEmpty()).isTrue();
        assertThat(state.counters()).isEqualTo(new Counters(0, 0, 0, 0, 0, 0, 0, 0, 3, 3, 3));
    }

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

    private void start(SpeculationPolicy policy) {
        state = KnnRequests.submitted("r", 20, DecodingMode.KNN_LM, policy, false);
        prepare();
    }

    private void prepare() {
        apply(decoder.start(state, Estimates.UNKNOWN, 1_000));
        step(new KnnEvent.Prepared(state.generating(), new int[] {7, 8}, 0));
    }

    /** A round in which all was right. */
    private void round(int... tokens) {
        speculated(tokens);
        searched(Arrays.copyOf(new int[] {5, 6, 7}, tokens.length));
        settled(tokens);
    }

    private void speculated(int... tokens) {
        step(new KnnEvent.Speculated(state.generating(), tokens, keys(tokens.length), 0.1));
    }

    /** Each key has one neighbour. */
    private void searched(int... positions) {
        step(new KnnEvent.Searched(state.verifying(), found(positions), 1));
    }

    private void settled(int... tokens) {
        step(new KnnEvent.Settled(state.settling(), tokens, 0.01));
    }

    private void failed(ErrorCode code, int epoch) {
        step(new SessionEvent.Failed(epoch, code, "why"));
    }

    private void stale(SessionEvent event) {
        Transition<KnnState> transition = decoder.step(state, event, 2_000);
        assertThat(transition.state()).isSameAs(state);
        assertThat(transition.commands()).isEmpty();
    }

    private void step(SessionEvent event) {
        apply(decoder.step(state, event, 2_000));
    }

    private void apply(Transition<KnnState> transition) {
        state = KnnState.fromBytes(transition.state().toBytes());
        commands.clear();
        commands.addAll(transition.commands());
    }

    private KnnCommand.Speculate speculation() {
        return only(KnnCommand.Speculate.class);
    }

    private KnnCommand.Search search() {
        return only(KnnCommand.Search.class);
    }

    private KnnCommand.Settle settling() {
        return only(KnnCommand.Settle.class);
    }

    private Answer answer() {
        return only(SessionCommand.Finish.class).answer();
    }

    private <T extends SessionCommand> T only(Class<T> type) {
        List<T> found = commands.stream().filter(type::isInstance).map(type::cast).toList();
        assertThat(found).hasSize(1);
        return found.getFirst();
    }

    private static List<float[]> keys(int count) {
        return Collections.nCopies(count, new float[] {1, 2});
    }

    private static List<Neighbours> found(int... positions) {
        return IntStream.of(positions)
                .mapToObj(p -> new Neighbours(new int[] {p}, new float[1], new int[] {p}))
                .toList();
    }

    private static KnnDecoder decoder(long seed) {
        return new KnnDecoder(
                new ModelProfile(100, 1, List.of(0)),
                new ScriptedTokenizer(),
                new ScriptedDatastore(new ScriptedCorpus(seed, 10), 0),
                new StrideSettings(MAX_STRIDE, 0.9, 5));
    }
}
