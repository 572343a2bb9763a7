package io.ralmspec.decoding;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Guesses from the graph, which finds {@link #found}. */
class GuessesTest extends SessionByHand {
    private static final SpeculationPolicy FIXED =
            new SpeculationPolicy(StrideRule.FIXED, 3, 1, false, false, true);
    private static final SpeculationPolicy OS3 = RequestDefaults.STANDARD.retrieval().speculation();

    GuessesTest() {
        found = hits(7);
    }

    /** Without it, nothing can be done before the first call answers. */
    @Test
    void thePromptsLookupIsGuessedToo() {
        submit(FIXED, Estimates.UNKNOWN);
        prepare();
        assertThat(generation().generation().context().document()).isEqualTo(7);
        assertThat(commands).as("nothing is asked yet").hasSize(1);
        generated(1, 1, 1, 1);
        generated(2, 2, 2, 2);
        assertThat(verification().queries()).hasSize(3);
        verified(7, 7, 7);
        assertThat(state.counters().guesses()).isEqualTo(3);
        assertThat(state.counters().accepted()).isEqualTo(3);
        assertThat(state.counters().rounds()).isEqualTo(1);
        assertThat(state.counters().retrievalCalls()).isEqualTo(1);
    }

    @Test
    void aWrongGuessForThePromptIsThrownAway() {
        submit(FIXED, Estimates.UNKNOWN);
        prepare();
        generated(1, 1, 1, 1);
        generated(2, 2, 2, 2);
        verified(6, 7, 7);
        assertThat(generation().generation().context().document()).isEqualTo(6);
        assertThat(state.transcript().generated()).isEmpty();
        assertThat(state.counters().rolledBackTokens()).isEqualTo(8);
    }

    @ParameterizedTest
    @EnumSource(
            value = RetrieverKind.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"EXACT"})
    void otherRetrieversKnowNoCheaperSearch(RetrieverKind retriever) {
        RetrievalParameters retrieval =
                RetrievalParameters.of(retriever, DecodingMode.SPECULATIVE, FIXED);
        submit("r", retrieval, Estimates.UNKNOWN);
        prepare();
        assertThat(verification().queries()).hasSize(1);
    }

    @Test
    void theBetterOfCacheAndGraphIsGuessed() {
        submit(FIXED, Estimates.UNKNOWN);
        prepare();
        generated(1, 1, 1, 1);
        generated(2, 2, 2, 2);
        // The cache scores a document with its number.
        verified(5, 5, 5);
        found = new Hits(new int[] {7}, new float[] {5.5f});
        generated(1, 1, 1, 1);
        assertThat(generation().generation().context().document()).isEqualTo(7);
        found = new Hits(new int[] {7}, new float[] {4.5f});
        generated(1, 1, 1, 2);
        assertThat(generation().generation().context().document()).isEqualTo(5);
    }

    @Test
    void aSearchThatFailsOrFindsNothingIsNoGuess() {
        for (boolean breaks : new boolean[] {false, true}) {
            found = breaks ? null : Hits.EMPTY;
            submit(FIXED, Estimates.UNKNOWN);
            prepare();
            assertThat(verification().queries()).hasSize(1);
        }
    }

    /** A walk takes a share of a step. */
    @Test
    void os3WalksOnlyWhereACallTakesLongerThanAStep() {
        for (double call : new double[] {0.05, 4}) {
            submit(OS3, costs(call));
            prepare();
            assertThat(state.generating() != 0).isEqualTo(call > 0.1);
        }
    }

    @Test
    void aJobsFirstRequestFindsOutWhatAPlainCallCosts() {
        submit(OS3, Estimates.UNKNOWN);
        prepare();
        assertThat(verification().queries()).hasSize(1);
        assertThat(verification().topN()).isEqualTo(1);
        assertThat(state.generating()).isZero();
    }

    private void submit(SpeculationPolicy policy, Estimates estimates) {
        submit("r", RetrievalScheme.EVERY_STRIDE, policy, estimates);
    }

    private void prepare() {
        apply(new Event.Prepared(1, new int[] {7, 8}, QUERY, 0));
    }

    private static Estimates costs(double callSeconds) {
        CallCost call = CallCost.UNKNOWN.with(1, callSeconds);
        return new Estimates(0.1, 0, call, call, CallCost.UNKNOWN, 0.9, 0);
    }
}
