package io.ralmspec.streaming;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.tasks.StreamTaskActionExecutor;
import org.apache.flink.streaming.runtime.tasks.mailbox.Mail;
import org.apache.flink.streaming.runtime.tasks.mailbox.MailboxExecutorImpl;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FeedbackSinkTest {
    private static final long LATE = Duration.ofHours(1).toMillis();

    @AfterEach
    void nothingStaysOpen() {
        assertThat(FeedbackChannel.openChannels()).isZero();
    }

    @Test
    void putsResultsIntoTheChannelOfItsSubtask() throws Exception {
        try (OneInputStreamOperatorTestHarness<VerificationResult, Void> sink = open()) {
            List<String> received = new ArrayList<>();
            consume(sink, received);
            sink.processElement(
                    new StreamRecord<>(new VerificationResult("a", 1, List.of(), 0, null)));
            for (Mail mail : sink.getTaskMailbox().drain()) {
                mail.run();
            }
            assertThat(received).containsExactly("a");
            sink.setProcessingTime(LATE);
        }
    }

    @Test
    void aHeadThatNeverComesFailsTheTask() throws Exception {
        try (OneInputStreamOperatorTestHarness<VerificationResult, Void> sink = open()) {
            assertThatThrownBy(() -> sink.setProcessingTime(LATE))
                    .hasStackTraceContaining("speculative-retrieval must run in this slot");
        }
    }

    private static OneInputStreamOperatorTestHarness<VerificationResult, Void> open()
            throws Exception {
        OneInputStreamOperatorTestHarness<VerificationResult, Void> sink =
                new OneInputStreamOperatorTestHarness<>(new FeedbackSink.Factory());
        sink.open();
        return sink;
    }

    private static void consume(
            OneInputStreamOperatorTestHarness<VerificationResult, Void> sink,
            List<String> received) {
        AbstractStreamOperator<?> operator = sink.getOperator();
        FeedbackChannel.open(
                        FeedbackKey.of(operator),
                        operator.getRuntimeContext().getTaskInfo().getAllocationIDAsString())
                .consume(
                        new MailboxExecutorImpl(
                                sink.getTaskMailbox(), 0, StreamTaskActionExecutor.IMMEDIATE),
                        result -> received.add(result.requestId()));
    }
}
