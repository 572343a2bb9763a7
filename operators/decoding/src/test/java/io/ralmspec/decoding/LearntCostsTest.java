package io.ralmspec.decoding;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What a session makes of what it is told of costs. */
class LearntCostsTest extends SessionByHand {
    /** It reads the prompt, alone; the others of its kind are what it would be held against. */
    @Test
    void aRequestsFirstStepDoesNotCountAmongOthersCosts() {
        start(SpeculationPolicy.PLAIN);
        apply(new Event.Generated(state.generating(), new int[] {1, 1, 1, 1}, QUERY, 9));
        assertThat(state.estimates().step()).as("nothing better is known").isEqualTo(9);
        state = SessionState.submitted(state.request(), 1_000);
        CallCost call = CallCost.UNKNOWN.with(1, 1);
        Estimates expected = new Estimates(0.1, 0, call, call, CallCost.UNKNOWN, 0.9, 0);
        apply(decoder.start(state, expected, 1_000));
        begin();
        apply(new Event.Generated(state.generating(), new int[] {1, 1, 1, 1}, QUERY, 9));
        assertThat(state.estimates().step()).isEqualTo(0.1);
        apply(new Event.Generated(state.generating(), new int[] {2, 2, 2, 2}, QUERY, 0.2));
        assertThat(state.estimates().step()).isBetween(0.1, 0.2);
    }

    /** Many that come at once must not all prefetch before they see one another. */
    @Test
    void aRequestThatMeetsAFullModelDecodesPlainlyFromTheStart() {
        SpeculationPolicy os3 = RequestDefaults.STANDARD.retrieval().speculation();
        for (double turn : new double[] {0, 10}) {
            CallCost call = CallCost.UNKNOWN.with(1, 1);
            Estimates expected = new Estimates(0.1, 0, call, call, CallCost.UNKNOWN, 0.9, 0);
            submit("r", RetrievalScheme.EVERY_STRIDE, os3, expected);
            ModelLoad load = new ModelLoad(0, turn);
            apply(new Event.Prepared(1, new int[] {7, 8}, QUERY, 0, load));
            assertThat(verification().topN()).isEqualTo(turn == 0 ? os3.prefetch() : 1);
        }
    }

    /** What guesses need most, the first call brings; a stale cost of plain calls must not stay. */
    @Test
    void whereSpeculationIsClearlyFasterHardlyAnyRequestStartsWithoutPrefetching() {
        CallCost call = CallCost.UNKNOWN.with(1, 4);
        Estimates expected = new Estimates(0.1, 0, call, call, CallCost.UNKNOWN, 0.9, 0);
        SpeculationPolicy os3 = RequestDefaults.STANDARD.retrieval().speculation();
        int requests = 2048;
        int without = 0;
        for (int i = 0; i < requests; i++) {
            submit("r" + i, RetrievalScheme.EVERY_STRIDE, os3, expected);
            apply(new Event.Prepared(1, new int[] {7, 8}, QUERY, 0));
            without += verification().topN() == 1 ? 1 : 0;
        }
        assertThat(without).isBetween(1, requests / 100);
    }

    /**
     * Otherwise speculation would seem clearly faster, and nobody would find out that it is not.
     */
    @Test
    void theCostOfAPlainCallSinceASlowStartIsForgottenWithoutAnyOther() {
        Estimates slow = Estimates.UNKNOWN.withStep(0.1, false).withCall(1, 1, 1, false);
        for (boolean beside : new boolean[] {false, true}) {
            Estimates estimates = slow;
            for (int i = 0; i < 60; i++) {
                estimates = estimates.withCall(1 + i % 3, 128, 0.01, beside);
            }
            assertThat(estimates.plainCallSeconds()).isLessThan(0.02);
            estimates = estimates.withCall(1, 1, 0.01, false);
            for (int i = 0; i < 60; i++) {
                estimates = estimates.withCall(4, 128, 5, beside);
            }
            assertThat(estimates.plainCallSeconds()).as("others may cost more").isLessThan(0.02);
        }
    }
}
