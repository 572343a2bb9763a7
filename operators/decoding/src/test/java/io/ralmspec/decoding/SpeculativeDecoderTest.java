package io.ralmspec.decoding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
                    kind -> scorer);
    private final List<Command> commands = new ArrayList<>();
    private SessionState state = SessionState.submitted(request(12, 3, false), 1_000);

    @Test
    void keepsStepsUpToTheFirstWrongGuessAndGoesOnFromTheTrueDocument() {
        start(5);
        generate(0, 1, 1, 1, 1);
        generate(1, 2, 2, 2, 2);
        generate(2, 3, 3, 3, 3);
        assertThat(commands)
                .usingRecursiveFieldByFieldElementComparator()
                .containsExactly(
                        new Command.Verify(
                                1, RetrieverKind.EXACT, List.of(QUERY, QUERY, QUERY), 1));

        verify(5, 4, 5);

        assertThat(state.transcript().generated()).containsExactly(1, 1, 1, 1, 2, 2, 2, 2);
        assertThat(state.document().document()).isEqualTo(4);
        assertThat(state.epoch()).isEqualTo(2);
        assertThat(state.counters()).isEqualTo(new Counters(1, 2, 1, 4, 2, 4, 3));
        assertThat(commands).hasSize(1);
        Command.Generate next = (Command.Generate) commands.getFirst();
        assertThat(next.step()).isZero();
        assertThat(next.maxTokens()).isEqualTo(4);
        assertThat(next.context().document()).isEqualTo(4);
    }

    @Test
    void neverAsksForTheQueryAfterTheLastStride() {
        start(5);
        generate(0, 1, 1, 1, 1);
        generate(1, 2, 2, 2, 2);
        generate(2, 3, 3, 3, 3);
        verify(5, 5, 5);
        generate(0, 4, 0);
        Answer answer = ((Command.Finish) commands.getFirst()).answer();
        assertThat(answer.tokens()).hasSize(13).endsWith(4);
        assertThat(answer.finishReason()).isEqualTo(FinishReason.STOP);
        assertThat(answer.counters().retrievalCalls()).isEqualTo(2);
    }

    @Test
    void anEndInADraftIsVerifiedBeforeItCounts() {
        start(5);
        generate(0, 1, 1, 1, 1);
        generate(1, 2, 0);
        assertThat(commands)
                .usingRecursiveFieldByFieldElementComparator()
                .containsExactly(new Command.Verify(1, RetrieverKind.EXACT, List.of(QUERY), 1));
        verify(4);
        assertThat(state.phase()).isEqualTo(Phase.GENERATING);
        assertThat(state.transcript().generated()).containsExactly(1, 1, 1, 1);
    }

    @Test
    void resultsOfAnotherEpochAreStale() {
        start(5);
        SessionState before = state;
        Event late = new Event.Generated(0, 0, new int[] {9}, QUERY, 0);
        assertThat(decoder.step(state, late, 0).state()).isSameAs(before);
        Event twice = new Event.Verified(0, List.of(hits(5)), 0);
        assertThat(decoder.step(state, twice, 0).state()).isSameAs(before);
    }

    @Test
    void aCancelledSessionAnswersWithWhatIsVerified() {
        start(5);
        generate(0, 1, 1, 1, 1);
        apply(decoder.step(state, new Event.Cancelled(), 3_000));
        Answer answer = ((Command.Finish) commands.getFirst()).answer();
        assertThat(answer.finishReason()).isEqualTo(FinishReason.CANCELLED);
        assertThat(answer.tokens()).isEmpty();
        assertThat(answer.timings().total()).isEqualTo(2.0);
        assertThat(decoder.step(state, new Event.Cancelled(), 3_000).commands()).isEmpty();
    }

    @Test
    void aLongPromptIsRefusedWithTheBound() {
        apply(decoder.start(state, 1_000));
        apply(decoder.step(state, new Event.Prepared(new int[80], QUERY, 0), 1_000));
        RequestError error = ((Command.Finish) commands.getFirst()).answer().error();
        assertThat(error).isNotNull();
        assertThat(error.code()).isEqualTo(ErrorCode.PROMPT_TOO_LONG);
        assertThat(error.message()).contains("`prompt` must be <= 79 tokens (got 80)");
    }

    @Test
    void aKnowledgeBaseThatAnswersTooFewQueriesIsAnError() {
        start(5);
        generate(0, 1, 1, 1, 1);
        generate(1, 2, 2, 2, 2);
        generate(2, 3, 3, 3, 3);
        verify(5, 5);
        Answer answer = ((Command.Finish) commands.getFirst()).answer();
        assertThat(answer.finishReason()).isEqualTo(FinishReason.ERROR);
        assertThat(answer.error().message()).contains("3 queries (got 2 answers)");
    }

    @Test
    void stateOfAnUnknownVersionIsRefused() {
        byte[] bytes = state.toBytes();
        bytes[0] = 9;
        assertThatThrownBy(() -> SessionState.fromBytes(bytes))
                .hasMessageContaining("version must be 1 (got 9)");
    }

    private void start(int firstDocument) {
        apply(decoder.start(state, 1_000));
        apply(decoder.step(state, new Event.Prepared(new int[] {7, 8}, QUERY, 0), 1_000));
        // The cache gets both documents, the knowledge base's best is the first.
        Hits hits = new Hits(new int[] {firstDocument, 4}, new float[] {1, 0});
        apply(decoder.step(state, new Event.Verified(0, List.of(hits), 0), 1_000));
    }

    private void generate(int step, int... tokens) {
        apply(
                decoder.step(
                        state, new Event.Generated(state.epoch(), step, tokens, QUERY, 0), 2_000));
    }

    private void verify(int... truths) {
        List<Hits> hits = new ArrayList<>();
        for (int truth : truths) {
            hits.add(hits(truth));
        }
        apply(decoder.step(state, new Event.Verified(state.epoch(), hits, 0), 2_000));
    }

    private void apply(Transition transition) {
        state = SessionState.fromBytes(transition.state().toBytes());
        commands.clear();
        commands.addAll(transition.commands());
    }

    private static Hits hits(int document) {
        return new Hits(new int[] {document}, new float[] {1});
    }

    private static DecodingRequest request(int maxTokens, int speculationStride, boolean stream) {
        return new DecodingRequest(
                "r",
                "p",
                maxTokens + 8,
                List.of(),
                Sampling.GREEDY,
                new RetrievalParameters(
                        RetrieverKind.EXACT, DecodingMode.SPECULATIVE, 4, 32, speculationStride, 1),
                stream,
                0);
    }
}
