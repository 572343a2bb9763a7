package io.ralmspec.streaming;

import java.time.Duration;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.AbstractStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.StreamOperator;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.jspecify.annotations.Nullable;

/**
 * The tail of the loop: puts each verification result into the channel to the head of its subtask.
 *
 * <p><i>Owns:</i> its end of the {@link FeedbackChannel}. <i>Lifecycle:</i> opens and closes it.
 * <i>Threading:</i> task thread. <i>State:</i> none.
 */
final class FeedbackSink extends AbstractStreamOperator<Void>
        implements OneInputStreamOperator<VerificationResult, Void> {
    /** Opening a large model takes minutes; nothing else comes between the two ends. */
    private static final Duration CONNECT_TIMEOUT = Duration.ofMinutes(30);

    private transient @Nullable FeedbackChannel channel;

    private FeedbackSink(StreamOperatorParameters<Void> parameters) {
        super(parameters);
    }

    @Override
    public void open() throws Exception {
        super.open();
        FeedbackChannel opened =
                FeedbackChannel.open(
                        FeedbackKey.of(this),
                        getRuntimeContext().getTaskInfo().getAllocationIDAsString());
        channel = opened;
        long now = getProcessingTimeService().getCurrentProcessingTime();
        getProcessingTimeService()
                .registerTimer(now + CONNECT_TIMEOUT.toMillis(), time -> checkConnected(opened));
    }

    @Override
    public void processElement(StreamRecord<VerificationResult> element) {
        if (channel != null) {
            channel.put(element.getValue());
        }
    }

    @Override
    public void close() throws Exception {
        if (channel != null) {
            channel.close();
        }
        super.close();
    }

    /** Without this, a loop whose ends are in different JVMs would wait for ever. */
    private void checkConnected(FeedbackChannel opened) {
        if (!opened.connected()) {
            throw new IllegalStateException(
                    ("%s must run in this slot (not seen for %s): keep the operators of the loop in"
                                    + " one slot sharing group, with the same parallelism")
                            .formatted(OperatorUids.SPECULATIVE_RETRIEVAL.uid(), CONNECT_TIMEOUT));
        }
    }

    /** Creates the sink on the TaskManager. */
    static final class Factory extends AbstractStreamOperatorFactory<Void>
            implements OneInputStreamOperatorFactory<VerificationResult, Void> {
        @Override
        @SuppressWarnings("unchecked") // the one operator this factory makes
        public <T extends StreamOperator<Void>> T createStreamOperator(
                StreamOperatorParameters<Void> parameters) {
            return (T) new FeedbackSink(parameters);
        }

        @Override
        @SuppressWarnings("rawtypes") // declared by Flink
        public Class<? extends StreamOperator> getStreamOperatorClass(ClassLoader classLoader) {
            return FeedbackSink.class;
        }
    }
}
