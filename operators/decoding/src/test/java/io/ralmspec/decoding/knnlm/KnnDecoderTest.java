package io.ralmspec.decoding.knnlm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.ralmspec.decoding.CallCost;
import io.ralmspec.decoding.Counters;
import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.Estimates;
import io.ralmspec.decoding.FinishReason;
import io.ralmspec.decoding.KnnParameters;
import io.ralmspec.decoding.ModelLoad;
import io.ralmspec.decoding.Phase;
import io.ralmspec.decoding.RequestDefaults;
import io.ralmspec.decoding.SpeculationPolicy;
import org.junit.jupiter.api.Test;

/** Rounds by hand. */
class KnnDecoderTest extends KnnByHand {
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
    void guessesOnlyWhatTheModelHasTimeFor() {
        SpeculationPolicy policy = RequestDefaults.STANDARD.retrieval().speculation();
        CallCost call = new CallCost(1, 1, 1, 1, 1);
        Estimates expected = new Estimates(0.1, 0, call, call, CallCost.UNKNOWN, 0.9, 0);
        state = KnnRequests.submitted("r", 20, DecodingMode.KNN_LM, policy, false);
        apply(decoder.start(state, expected, 1_000));
        step(new KnnEvent.Prepared(state.generating(), new int[] {7, 8}, 0));
        assertThat(speculation().count()).isGreaterThan(1);

        // Ten others want a token each.
        int[] tokens = {1, 2};
        ModelLoad load = new ModelLoad(0.2, 10);
        int epoch = state.generating();
        step(new KnnEvent.Speculated(epoch, tokens, keys(2), 0.4, load));
        assertThat(state.estimates().turn()).isEqualTo(10);
        assertThat(state.estimates().step()).isEqualTo(0.1, within(1e-9));
        assertThat(search().keys()).hasSize(2);
        searched(5, 6);
        settled(1, 2);
        assertThat(speculation().count()).isEqualTo(1);
    }
}
