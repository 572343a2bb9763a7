package io.ralmspec.streaming;

import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.Command;
import io.ralmspec.decoding.Delta;
import io.ralmspec.decoding.ErrorCode;
import io.ralmspec.decoding.Estimates;
import io.ralmspec.decoding.Event;
import io.ralmspec.decoding.FinishReason;
import io.ralmspec.decoding.ModelProfile;
import io.ralmspec.decoding.Phase;
import io.ralmspec.decoding.Query;
import io.ralmspec.decoding.ScriptedKnowledgeBase;
import io.ralmspec.decoding.SessionCommand;
import io.ralmspec.decoding.SessionEvent;
import io.ralmspec.decoding.SessionState;
import io.ralmspec.decoding.SpeculativeDecoder;
import io.ralmspec.decoding.StrideSettings;
import io.ralmspec.decoding.Tokenizer;
import io.ralmspec.decoding.Transition;
import java.util.List;
import org.junit.jupiter.api.Test;

class GuardedDecoderTest {
    private static final ScriptedKnowledgeBase DOCUMENTS = new ScriptedKnowledgeBase(1, 5);

    private final StoredSession submitted =
            new StoredSession(
                    Requests.origin("a", "body"),
                    SessionState.submitted(Requests.simple("a"), 1_000));
    private final StoredSession preparing =
            submitted.with(
                    guarded(tokens -> "").start(submitted, Estimates.UNKNOWN, 1_000).state());

    @Test
    void aDecisionThatFailsEndsTheSessionWithAnError() {
        Transition<?> transition =
                guarded(tokens -> "")
                        .guarded(
                                preparing,
                                ErrorCode.MODEL_FAILED,
                                2_000,
                                decoding -> {
                                    throw new IllegalStateException("the prompt itself");
                                });

        assertThat(transition.state().finished()).isTrue();
        Answer answer = answer(transition);
        assertThat(answer.finishReason()).isEqualTo(FinishReason.ERROR);
        assertThat(answer.timings().total()).isEqualTo(1.0);
        assertThat(answer.error().code()).isEqualTo(ErrorCode.MODEL_FAILED);
        assertThat(answer.error().message())
                .contains("(IllegalStateException)", "request a")
                .doesNotContain("the prompt itself");
    }

    @Test
    void aSessionThatOnlyWaitsForAVerificationEndsToo() {
        GuardedDecoder decoder = guarded(tokens -> "");
        Query query = new Query("q", new float[] {1, 2});
        StoredSession verifying =
                submitted.with(
                        decoder.step(
                                        preparing,
                                        new Event.Prepared(1, new int[] {1, 2}, query, 0),
                                        1_500)
                                .state());
        SessionState waiting = (SessionState) verifying.session();
        assertThat(waiting.generating()).isZero();
        assertThat(waiting.verifying()).isPositive();

        Transition<?> transition =
                decoder.guarded(
                        verifying,
                        ErrorCode.RETRIEVAL_FAILED,
                        2_000,
                        decoding -> {
                            throw new IllegalStateException();
                        });

        assertThat(transition.state().finished()).isTrue();
        assertThat(answer(transition).error().code()).isEqualTo(ErrorCode.RETRIEVAL_FAILED);
    }

    @Test
    void aSessionThatCanNotEvenStartIsAbandoned() {
        Transition<?> transition =
                guarded(tokens -> "")
                        .guarded(
                                submitted,
                                ErrorCode.MODEL_FAILED,
                                2_000,
                                decoding -> {
                                    throw new IllegalStateException();
                                });

        assertThat(transition.state().finished()).isTrue();
        assertThat(answer(transition).error().code()).isEqualTo(ErrorCode.MODEL_FAILED);
    }

    @Test
    void aSessionThatCanNotEvenFailIsAbandoned() {
        GuardedDecoder decoder =
                guarded(
                        tokens -> {
                            throw new ArrayIndexOutOfBoundsException("token of another model");
                        });

        Transition<?> transition =
                decoder.step(preparing, new SessionEvent.DeadlinePassed(), 2_000);

        assertThat(transition.state().finished()).isTrue();
        assertThat(answer(transition).error().code()).isEqualTo(ErrorCode.MODEL_FAILED);
        assertThat(answer(transition).text()).isEmpty();
        assertThat(transition.commands())
                .filteredOn(SessionCommand.EmitDelta.class::isInstance)
                .singleElement()
                .isEqualTo(new SessionCommand.EmitDelta(new Delta("a", 0, "", true)));
    }

    @Test
    void whatDoesNotFailIsTheDecodersOwn() {
        GuardedDecoder decoder = guarded(tokens -> "");

        Transition<?> started = decoder.start(submitted, Estimates.UNKNOWN, 1_000);

        assertThat(started.state().phase()).isEqualTo(Phase.PREPARING);
        assertThat(started.commands()).hasSize(1).hasOnlyElementsOfType(Command.Prepare.class);
        Transition<?> resumed = decoder.resume(preparing, 3_000);
        assertThat(resumed.state()).isSameAs(preparing.session());
        assertThat(resumed.commands()).isEqualTo(started.commands());
    }

    private static Answer answer(Transition<?> transition) {
        return transition.commands().stream()
                .filter(SessionCommand.Finish.class::isInstance)
                .map(command -> ((SessionCommand.Finish) command).answer())
                .findAny()
                .orElseThrow();
    }

    private static GuardedDecoder guarded(Decode decode) {
        return new GuardedDecoder(
                new SpeculativeDecoder(
                        new ModelProfile(64, 16, List.of(0)),
                        decode,
                        DOCUMENTS,
                        DOCUMENTS::retriever,
                        StrideSettings.DEFAULT),
                null);
    }

    /** A tokenizer that only decodes. */
    @FunctionalInterface
    private interface Decode extends Tokenizer {
        @Override
        default int[] encode(String text) {
            throw new UnsupportedOperationException();
        }
    }
}
