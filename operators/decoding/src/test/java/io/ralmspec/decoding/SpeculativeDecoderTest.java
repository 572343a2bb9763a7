package io.ralmspec.decoding;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** One round by hand, and what happens off the straight path. */
class SpeculativeDecoderTest extends SessionByHand {
    @Test
    void keepsStepsUpToTheFirstWrongGuessAndGoesOnFromTheTrueDocument() {
        start(SpeculationPolicy.PLAIN);
        generatedThree();
        assertThat(verification().queries()).hasSize(3);

        verified(5, 4, 5);

        assertThat(state.transcript().generated()).containsExactly(1, 1, 1, 1, 2, 2, 2, 2);
        assertThat(state.counters()).isEqualTo(new Counters(1, 2, 1, 4, 0, 0, 0, 0, 2, 4, 3));
        assertThat(commands).hasSize(1);
        assertThat(generation().depth()).isZero();
        assertThat(generation().generation().maxTokens()).isEqualTo(4);
        assertThat(generation().generation().context().document()).isEqualTo(4);
    }

    @Test
    void theFirstStrideOfARoundIsTheAnswersAtOnce() {
        start(SpeculationPolicy.PLAIN);
        generated(1, 1, 1, 1);
        assertThat(state.transcript().generated()).containsExactly(1, 1, 1, 1);
    }

    @Test
    void neverAsksForTheQueryAfterTheLastStride() {
        start(SpeculationPolicy.PLAIN);
        generatedThree();
        verified(5, 5, 5);
        generated(4, 0);
        Answer answer = answer();
        assertThat(answer.tokens()).hasSize(13).endsWith(4);
        assertThat(answer.finishReason()).isEqualTo(FinishReason.STOP);
        assertThat(answer.counters().retrievalCalls()).isEqualTo(2);
    }

    @Test
    void anEndInADraftIsVerifiedBeforeItCounts() {
        start(SpeculationPolicy.PLAIN);
        generated(1, 1, 1, 1);
        generated(2, 0);
        assertThat(verification().queries()).hasSize(1);
        verified(4);
        assertThat(state.phase()).isEqualTo(Phase.DECODING);
        assertThat(state.transcript().generated()).containsExactly(1, 1, 1, 1);
    }

    @Test
    void goesOnWhileAVerificationIsOutAndKeepsWhatIsRight() {
        start(policy(StrideRule.FIXED, 2, true, false));
        generated(1, 1, 1, 1);
        generated(2, 2, 2, 2);
        assertThat(verification().queries()).hasSize(2);
        assertThat(generation().depth()).isEqualTo(2);
        generated(3, 3, 3, 3);
        int running = generation().epoch();

        verified(5, 5);

        assertThat(state.transcript().generated()).hasSize(12);
        assertThat(state.generating()).as("the step that runs stays").isEqualTo(running);
        assertThat(state.counters().cancelledSteps()).isZero();
    }

    @Test
    void aFailedVerificationStopsTheStepBuiltOnIt() {
        start(policy(StrideRule.CONTINUOUS, 1, false, false));
        generated(1, 1, 1, 1);
        Command.Generate speculative = generation();
        assertThat(verification().queries()).hasSize(1);
        verified(4);
        assertThat(generation().epoch()).isNotEqualTo(speculative.epoch());
        assertThat(generation().generation().context().document()).isEqualTo(4);
        assertThat(state.counters().cancelledSteps()).isEqualTo(1);
        SessionState before = state;
        SessionEvent late = new Event.Generated(speculative.epoch(), new int[] {9}, QUERY, 0);
        assertThat(decoder.step(state, late, 0).state()).isSameAs(before);
    }

    @Test
    void aWrongDocumentThatChangesNoTokenCostsNoneOfTheStepsBehindIt() {
        start(policy(StrideRule.FIXED, 3, false, true));
        generatedThree();
        verified(4, 5, 5);
        assertThat(generation().generation().draft()).containsExactly(2, 2, 2, 2);
        assertThat(generation().generation().context().document()).isEqualTo(4);
        assertThat(generation().draftQuery().text()).isEqualTo("q");

        generated(2, 2, 2, 2);

        assertThat(state.transcript().generated()).hasSize(12).endsWith(3);
        assertThat(state.transcript().sources())
                .extracting(Source::documentId)
                .containsExactly("doc-5", "doc-4", "doc-5");
        assertThat(state.counters()).isEqualTo(new Counters(1, 3, 2, 0, 1, 1, 4, 0, 2, 4, 4));
    }

    @Test
    void aRedraftThatChangesATokenDropsTheStepsBehindIt() {
        start(policy(StrideRule.FIXED, 3, false, true));
        generatedThree();
        verified(4, 5, 5);

        generated(2, 2, 7, 7);

        assertThat(state.transcript().generated()).hasSize(8).endsWith(2, 2, 7, 7);
        assertThat(state.steps()).hasSize(1);
        assertThat(state.counters().recoveredTokens()).isEqualTo(2);
        assertThat(state.counters().rolledBackTokens()).isEqualTo(6);
        assertThat(state.counters().unchangedSteps()).isZero();
    }

    @Test
    void aSureStrideKeepsItsDocumentAndIsNotAskedAbout() {
        start(RetrievalScheme.FLARE, SpeculationPolicy.PLAIN);
        apply(new Event.Generated(state.generating(), new int[] {1, 1, 1, 1}, null, 0));
        assertThat(state.verifying()).isZero();
        assertThat(generation().depth()).isZero();
        assertThat(generation().generation().context().document()).isEqualTo(5);
    }

    @Test
    void anIterativeDraftFormsTheQueryAndIsThrownAway() {
        start(RetrievalScheme.ITER_RETGEN, SpeculationPolicy.fixed(1, 1));
        generated(1, 1, 1, 1);
        assertThat(state.transcript().generated()).isEmpty();
        verified(4);
        assertThat(generation().generation().context().tokens()).containsExactly(7, 8);
        generated(2, 2, 2, 2);
        assertThat(state.transcript().generated()).containsExactly(2, 2, 2, 2);
        assertThat(state.transcript().sources().getFirst().documentId()).isEqualTo("doc-4");
    }

    @Test
    void resultsOfAnotherEpochAreStale() {
        start(SpeculationPolicy.PLAIN);
        SessionState before = state;
        SessionEvent late = new Event.Generated(0, new int[] {9}, QUERY, 0);
        assertThat(decoder.step(state, late, 0).state()).isSameAs(before);
        SessionEvent twice = new Event.Verified(2, List.of(hits(5)), 0);
        assertThat(decoder.step(state, twice, 0).state()).isSameAs(before);
        SessionEvent failed = new SessionEvent.Failed(0, ErrorCode.MODEL_FAILED, "late");
        assertThat(decoder.step(state, failed, 0).state()).isSameAs(before);
    }

    @Test
    void aCancelledSessionAnswersWithWhatIsVerified() {
        start(SpeculationPolicy.PLAIN);
        generated(1, 1, 1, 1);
        generated(2, 2, 2, 2);
        apply(decoder.step(state, new SessionEvent.Cancelled(), 3_000));
        Answer answer = answer();
        assertThat(answer.finishReason()).isEqualTo(FinishReason.CANCELLED);
        assertThat(answer.tokens()).containsExactly(1, 1, 1, 1);
        assertThat(answer.timings().total()).isEqualTo(2.0);
        assertThat(decoder.step(state, new SessionEvent.Cancelled(), 3_000).commands()).isEmpty();
    }

    @Test
    void findsOutWhatPlainDecodingCostsBeforeItPrefetches() {
        submit(
                RetrievalScheme.EVERY_STRIDE,
                new SpeculationPolicy(StrideRule.OS3, 1, 20, true, true, false));
        apply(new Event.Prepared(1, new int[] {7, 8}, QUERY, 0));
        assertThat(verification().topN()).isEqualTo(1);
        apply(new Event.Verified(state.verifying(), List.of(hits(5)), 10));
        generated(1, 1, 1, 1);
        assertThat(generation().depth()).as("steps that wait gather").isEqualTo(1);
        for (int i = 0; state.verifying() == 0; i++) {
            generated(2, 2, 2, 2 + i);
        }
        assertThat(verification().topN()).isEqualTo(20);
    }

    @Test
    void aLongPromptIsRefusedWithTheBound() {
        submit(RetrievalScheme.EVERY_STRIDE, SpeculationPolicy.PLAIN);
        apply(new Event.Prepared(1, new int[80], QUERY, 0));
        RequestError error = answer().error();
        assertThat(error).isNotNull();
        assertThat(error.code()).isEqualTo(ErrorCode.PROMPT_TOO_LONG);
        assertThat(error.message()).contains("`prompt` must be <= 79 tokens (got 80)");
    }

    @Test
    void aKnowledgeBaseThatAnswersTooFewQueriesIsAnError() {
        start(SpeculationPolicy.PLAIN);
        generatedThree();
        verified(5, 5);
        assertThat(answer().finishReason()).isEqualTo(FinishReason.ERROR);
        assertThat(answer().error().message()).contains("3 queries (got 2 answers)");
    }

    @Test
    void aStepThatFailsOnAGuessWaitsForTheTruthAndKeepsTheDraftsBeforeIt() {
        start(SpeculationPolicy.PLAIN);
        generated(1, 1, 1, 1);
        generated(2, 2, 2, 2);
        assertThat(generation().depth()).isEqualTo(2);

        failed(ErrorCode.MODEL_FAILED, state.generating());

        assertThat(verification().queries()).hasSize(2);
        assertThat(state.generating()).isZero();
        verified(5, 4);
        assertThat(state.transcript().generated()).containsExactly(1, 1, 1, 1, 2, 2, 2, 2);
        assertThat(generation().depth()).isZero();
        assertThat(generation().generation().context().document()).isEqualTo(4);
        assertThat(state.counters().rolledBackTokens()).isZero();
    }

    @Test
    void aStepThatFailsOnAGuessWaitsForTheVerificationThatIsOut() {
        start(policy(StrideRule.CONTINUOUS, 1, true, false));
        generated(1, 1, 1, 1);
        int asked = verification().epoch();

        failed(ErrorCode.MODEL_FAILED, state.generating());

        assertThat(commands).isEmpty();
        assertThat(state.verifying()).isEqualTo(asked);
        verified(5);
        assertThat(generation().depth()).isZero();
    }

    @Test
    void aStepThatFailsAgainOnVerifiedGroundEndsTheRequest() {
        start(SpeculationPolicy.PLAIN);
        generated(1, 1, 1, 1);
        failed(ErrorCode.MODEL_FAILED, state.generating());
        verified(5);

        failed(ErrorCode.MODEL_FAILED, state.generating());

        assertThat(answer().error()).isEqualTo(new RequestError(ErrorCode.MODEL_FAILED, "", "why"));
        assertThat(answer().tokens()).containsExactly(1, 1, 1, 1);
    }

    @Test
    void aStepWhoseGuessHasProvedRightEndsTheRequestWhenItFails() {
        start(policy(StrideRule.CONTINUOUS, 1, true, false));
        generated(1, 1, 1, 1);
        int running = generation().epoch();
        verified(5);
        assertThat(state.generating()).isEqualTo(running);

        failed(ErrorCode.MODEL_FAILED, running);

        assertThat(answer().error().code()).isEqualTo(ErrorCode.MODEL_FAILED);
    }

    @Test
    void aVerificationThatFailsWithDraftedQueriesIsAskedAgainWithoutThem() {
        start(SpeculationPolicy.PLAIN);
        generatedThree();

        failed(ErrorCode.RETRIEVAL_FAILED, state.verifying());

        assertThat(verification().queries()).hasSize(1);
        assertThat(state.steps()).hasSize(1);
        assertThat(state.counters().rolledBackTokens()).isEqualTo(8);
        failed(ErrorCode.RETRIEVAL_FAILED, state.verifying());
        assertThat(answer().error().code()).isEqualTo(ErrorCode.RETRIEVAL_FAILED);
        assertThat(answer().tokens()).containsExactly(1, 1, 1, 1);
    }

    @Test
    void anAbortedSessionAnswersWithWhatIsVerified() {
        start(SpeculationPolicy.PLAIN);
        generated(1, 1, 1, 1);
        apply(decoder.abort(state, ErrorCode.MODEL_FAILED, "why", 3_000));
        assertThat(answer().error()).isEqualTo(new RequestError(ErrorCode.MODEL_FAILED, "", "why"));
        assertThat(answer().tokens()).containsExactly(1, 1, 1, 1);
        assertThat(state.finished()).isTrue();
    }
}
