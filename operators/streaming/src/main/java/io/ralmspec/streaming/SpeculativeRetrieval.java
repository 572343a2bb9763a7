package io.ralmspec.streaming;

import io.ralmspec.decoding.AnswerRecord;
import io.ralmspec.decoding.DeadLetter;
import io.ralmspec.decoding.DeltaRecord;
import io.ralmspec.decoding.Submission;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.datastream.AsyncDataStream;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.functions.async.AsyncFunction;

/**
 * Wires the loop: submissions by request id into the head, its verifications to the knowledge base,
 * the results back to the head of the same subtask. The back edge is not an edge of the job graph
 * but a {@link FeedbackChannel}, so the three stages must share a slot.
 */
public final class SpeculativeRetrieval {
    private static final String CO_LOCATION_GROUP = "ralmspec-loop";

    /** The default of 100 ms would be waited for twice in every round. */
    private static final long FLUSH_AFTER_EVERY_RECORD = 0;

    private SpeculativeRetrieval() {}

    /**
     * What comes out of the loop.
     *
     * @param answers one per request, refused ones included
     * @param deltas verified text of requests that asked for it
     * @param deadLetters duplicates, and cancellations of unknown requests
     */
    public record Streams(
            SingleOutputStreamOperator<AnswerRecord> answers,
            DataStream<DeltaRecord> deltas,
            DataStream<DeadLetter> deadLetters) {}

    /** Adds the loop to a job, at the job's default parallelism. */
    public static Streams attach(
            DataStream<Submission> submissions, ServingFactory serving, OperatorOptions options) {
        return attach(submissions, serving, options, new VerificationFunction(serving, options));
    }

    static Streams attach(
            DataStream<Submission> submissions,
            ServingFactory serving,
            OperatorOptions options,
            AsyncFunction<VerificationRequest, VerificationResult> verify) {
        SingleOutputStreamOperator<AnswerRecord> head =
                submissions
                        .keyBy(Submission::id, Types.STRING)
                        .transform(
                                OperatorUids.SPECULATIVE_RETRIEVAL.uid(),
                                TypeInformation.of(AnswerRecord.class),
                                new SpeculativeRetrievalOperator.Factory(serving, options));
        configure(head, OperatorUids.SPECULATIVE_RETRIEVAL, options);

        SingleOutputStreamOperator<VerificationResult> verification =
                AsyncDataStream.unorderedWait(
                        head.getSideOutput(SpeculativeRetrievalOperator.VERIFY).forward(),
                        verify,
                        options.verificationTimeout().toMillis(),
                        TimeUnit.MILLISECONDS,
                        options.asyncCapacity());
        configure(verification, OperatorUids.VERIFICATION, options);

        SingleOutputStreamOperator<Void> feedback =
                verification
                        .forward()
                        .transform(
                                OperatorUids.FEEDBACK.uid(),
                                Types.VOID,
                                new FeedbackSink.Factory());
        configure(feedback, OperatorUids.FEEDBACK, options);

        return new Streams(
                head,
                head.getSideOutput(SpeculativeRetrievalOperator.DELTAS),
                head.getSideOutput(SpeculativeRetrievalOperator.DEAD_LETTERS));
    }

    private static void configure(
            SingleOutputStreamOperator<?> operator, OperatorUids uid, OperatorOptions options) {
        operator.name(uid.uid())
                .uid(uid.uid())
                .setMaxParallelism(OperatorUids.MAX_PARALLELISM)
                .setBufferTimeout(FLUSH_AFTER_EVERY_RECORD)
                .getTransformation()
                .setCoLocationGroupKey(CO_LOCATION_GROUP);
        if (!options.chained()) {
            operator.disableChaining();
        }
    }
}
