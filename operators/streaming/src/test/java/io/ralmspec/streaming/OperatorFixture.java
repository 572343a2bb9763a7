package io.ralmspec.streaming;

import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.DecodingRequest;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** The scripted serving of an operator test, and that nothing of it stays open. */
final class OperatorFixture implements AfterEachCallback {
    final ScriptedServing serving = new ScriptedServing(7);

    @Override
    public void afterEach(ExtensionContext context) {
        assertThat(FeedbackChannel.openChannels()).isZero();
        assertThat(SharedServing.openServings()).isZero();
        assertThat(serving.control().closed).hasValue(serving.control().opened.get());
    }

    void assertEqualToTheOracle(DecodingRequest request, Answer answer) {
        Answer expected = serving.oracle(request);
        assertThat(answer.tokens()).as(request.id()).isEqualTo(expected.tokens());
        assertThat(answer.text()).as(request.id()).isEqualTo(expected.text());
        assertThat(answer.finishReason()).as(request.id()).isEqualTo(expected.finishReason());
        assertThat(answer.sources()).as(request.id()).isEqualTo(expected.sources());
    }
}
