package io.ralmspec.decoding;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** One round by hand, and what happens off the straight path. */
class SpeculativeDecoderTest {
    private static final Query QUERY = new Query("q", new float[0]);

    // The cache knows documents 4 and 5 and always prefers 5.
    private final DocumentScorer scorer =
            (query, documents) -> {
                float[] scores = new float[documents.length];
                for (int i = 0; i < scores.length; i++) {
                    scores[i] = documents[i];
                }
                return scores;
            };
    private final SpeculativeDecoder decoder =
            new SpeculativeDecoder(
                    new ModelProfile(100, 20, List.of(0)),
                    new ScriptedTokenizer(),
                    new ScriptedKnowledgeBase(1, 10),
                    kind -> scorer,
                    StrideSettings.DEFAULT);
    private final List<SessionCommand> commands = new ArrayList<>();
    private SessionState state;

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
            submit(RetrievalScheme.EVERY_STRIDE, os3);
            state = SessionState.submitted(state.request(), 1_000);
            CallCost call = CallCost.UNKNOWN.with(1, 1);
            Estimates expected = new Estimates(0.1, 0, call, call, CallCost.UNKNOWN, 0.9, 0);
            apply(decoder.start(state, expected, 1_000));
            ModelLoad load = new ModelLoad(0, turn);
            apply(new Event.Prepared(1, new int[] {7, 8}, QUERY, 0, load));
            assertThat(verification().topN()).isEqualTo(turn == 0 ? os3.prefetch() : 1);
        }
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
                new SpeculationPolicy(StrideRule.OS3, 1, 20, true, true));
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

    private void submit(RetrievalScheme scheme, SpeculationPolicy policy) {
        RetrievalParameters retrieval =
                new RetrievalParameters(
                        RetrieverKind.EXACT, DecodingMode.SPECULATIVE, scheme, 0.8, 4, 32, policy);
        DecodingRequest request =
                new DecodingRequest("r", "p", 20, List.of(), Sampling.GREEDY, retrieval, false, 0);
        SessionState submitted = SessionState.submitted(request, 1_000);
        apply(decoder.start(submitted, Estimates.UNKNOWN, 1_000));
    }

    private void start(SpeculationPolicy policy) {
        start(RetrievalScheme.EVERY_STRIDE, policy);
    }

    /** The cache gets documents 4 and 5; the prompt's best is 5. */
    private void start(RetrievalScheme scheme, SpeculationPolicy policy) {
        submit(scheme, policy);
        begin();
    }

    private void begin() {
        apply(new Event.Prepared(1, new int[] {7, 8}, QUERY, 0));
        Hits hits = new Hits(new int[] {5, 4}, new float[] {1, 0});
        apply(new Event.Verified(state.verifying(), List.of(hits), 0));
    }

    private void generated(int... tokens) {
        apply(new Event.Generated(state.generating(), tokens, QUERY, 0.1));
    }

    private void generatedThree() {
        generated(1, 1, 1, 1);
        generated(2, 2, 2, 2);
        generated(3, 3, 3, 3);
    }

    private void verified(int... truths) {
        List<Hits> hits = new ArrayList<>();
        for (int truth : truths) {
            hits.add(hits(truth));
        }
        apply(new Event.Verified(state.verifying(), hits, 1));
    }

    private void failed(ErrorCode code, int epoch) {
        apply(new SessionEvent.Failed(epoch, code, "why"));
    }

    private void apply(SessionEvent event) {
        apply(decoder.step(state, event, 2_000));
    }

    private void apply(Transition<SessionState> transition) {
        state = SessionState.fromBytes(transition.state().toBytes());
        commands.clear();
        commands.addAll(transition.commands());
    }

    private Command.Generate generation() {
        return only(Command.Generate.class);
    }

    private Command.Verify verification() {
        return only(Command.Verify.class);
    }

    private Answer answer() {
        return only(SessionCommand.Finish.class).answer();
    }

    private <T extends SessionCommand> T only(Class<T> type) {
        List<T> found = commands.stream().filter(type::isInstance).map(type::cast).toList();
        assertThat(found).hasSize(1);
        return found.getFirst();
    }

    private static SpeculationPolicy policy(
            StrideRule rule, int stride, boolean async, boolean recovery) {
        return new SpeculationPolicy(rule, stride, 1, async, recovery);
    }

    private static Hits hits(int document) {
        return new Hits(new int[] {document}, new float[] {1});
    }
}
