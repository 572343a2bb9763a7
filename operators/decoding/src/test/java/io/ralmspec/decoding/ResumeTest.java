package io.ralmspec.decoding;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** A stored session on the knowledge base that it was started on, and on one that replaced it. */
class ResumeTest {
    private static final ScriptedKnowledgeBase OLD = new ScriptedKnowledgeBase(1, 10);
    private static final ScriptedKnowledgeBase NEW = new ScriptedKnowledgeBase(2, 10);
    private static final Query QUERY = new Query("q", new float[ScriptedEncoder.DIMENSION]);

    @Test
    void asksAgainForWhatItWaitsFor() {
        SessionState state = verifying(true);
        SpeculativeDecoder decoder = decoder(OLD);
        Transition<SessionState> resumed = decoder.resume(state, 3_000);
        assertThat(resumed.state()).isSameAs(state);
        assertThat(resumed.commands()).isEqualTo(decoder.pending(state)).isNotEmpty();
    }

    @Test
    void beginsAnewOnAnotherKnowledgeBase() {
        SessionState state = verifying(false);
        assertThat(state.transcript().generated()).isNotEmpty();

        Transition<SessionState> resumed = decoder(NEW).resume(state, 3_000);

        assertThat(resumed.state().phase()).isEqualTo(Phase.PREPARING);
        assertThat(resumed.state().knowledgeBase()).isEqualTo(NEW.fingerprint());
        assertThat(resumed.state().transcript()).isEqualTo(Transcript.EMPTY);
        assertThat(resumed.state().steps()).isEmpty();
        assertThat(resumed.state().cache().isEmpty()).isTrue();
        assertThat(resumed.state().receivedMillis()).isEqualTo(state.receivedMillis());
        assertThat(resumed.commands())
                .singleElement()
                .isInstanceOfSatisfying(
                        Command.Prepare.class,
                        c -> assertThat(c.epoch()).isGreaterThan(state.epoch()));
    }

    @Test
    void isAnErrorOnAnotherKnowledgeBaseIfSomeTextWasSent() {
        SessionState state = verifying(true);
        assertThat(state.transcript().deltas()).isPositive();

        Transition<SessionState> resumed = decoder(NEW).resume(state, 3_000);

        assertThat(resumed.state().finished()).isTrue();
        SessionCommand.Finish finish = (SessionCommand.Finish) resumed.commands().getLast();
        assertThat(finish.answer().tokens()).isEqualTo(state.transcript().generated());
        assertThat(finish.answer().finishReason()).isEqualTo(FinishReason.ERROR);
        RequestError error = finish.answer().error();
        assertThat(error).isNotNull();
        assertThat(error.code()).isEqualTo(ErrorCode.KNOWLEDGE_BASE_CHANGED);
        assertThat(error.message()).contains("send the request again");
    }

    @Test
    void goesOnIfItWasStoredWithoutItsKnowledgeBase() {
        Session unknown = new Session(verifying(true));
        unknown.knowledgeBase = "";
        SessionState state = unknown.transition().state();
        assertThat(decoder(NEW).resume(state, 3_000).state()).isSameAs(state);
    }

    /** Two verified tokens and a verification that is out. */
    private static SessionState verifying(boolean stream) {
        RetrievalParameters retrieval =
                RetrievalParameters.of(
                        RetrieverKind.EXACT, DecodingMode.BASELINE, SpeculationPolicy.PLAIN);
        DecodingRequest request =
                new DecodingRequest("r", "p", 20, List.of(), Sampling.GREEDY, retrieval, stream, 0);
        SpeculativeDecoder decoder = decoder(OLD);
        SessionState state = SessionState.submitted(request, 1_000);
        state = decoder.start(state, Estimates.UNKNOWN, 1_000).state();
        state = step(decoder, state, new Event.Prepared(1, new int[] {7, 8}, QUERY, 0));
        Hits hits = new Hits(new int[] {5}, new float[] {1});
        state = step(decoder, state, new Event.Verified(state.verifying(), List.of(hits), 0));
        int[] tokens = {1, 2};
        state = step(decoder, state, new Event.Generated(state.generating(), tokens, QUERY, 0));
        assertThat(state.verifying()).isPositive();
        return SessionState.fromBytes(state.toBytes());
    }

    private static SessionState step(
            SpeculativeDecoder decoder, SessionState state, SessionEvent event) {
        return decoder.step(state, event, 2_000).state();
    }

    private static SpeculativeDecoder decoder(KnowledgeBase knowledgeBase) {
        return new SpeculativeDecoder(
                new ModelProfile(100, 20, List.of(0)),
                new ScriptedTokenizer(),
                knowledgeBase,
                knowledgeBase::retriever,
                StrideSettings.DEFAULT);
    }
}
