package io.ralmspec.streaming;

import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.functions.RuntimeContext;

/**
 * Names one subtask's back edge in one execution. The attempt keeps a restarted subtask apart from
 * the one that is still shutting down in the same JVM.
 */
record FeedbackKey(JobID job, String loop, int subtask, int attempt) {
    static FeedbackKey of(RuntimeContext context) {
        return new FeedbackKey(
                context.getJobInfo().getJobId(),
                OperatorUids.SPECULATIVE_RETRIEVAL.uid(),
                context.getTaskInfo().getIndexOfThisSubtask(),
                context.getTaskInfo().getAttemptNumber());
    }
}
