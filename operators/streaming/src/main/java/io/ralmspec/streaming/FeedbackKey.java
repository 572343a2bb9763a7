package io.ralmspec.streaming;

import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.TaskInfo;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;

/**
 * Names one subtask's back edge in one execution, apart from those that are still shutting down in
 * the same JVM.
 *
 * @param execution names the run of the whole job: a new JobManager counts attempts from 0 again
 * @param attempt counts the restarts within it
 */
record FeedbackKey(JobID job, String execution, String loop, int subtask, int attempt) {
    static FeedbackKey of(AbstractStreamOperator<?> operator) {
        TaskInfo task = operator.getRuntimeContext().getTaskInfo();
        // Graph id, vertex id, subtask and attempt, joined by underscores. Only the whole is
        // public.
        String id = operator.getContainingTask().getEnvironment().getExecutionId().toString();
        return new FeedbackKey(
                operator.getRuntimeContext().getJobInfo().getJobId(),
                id.substring(0, id.indexOf('_')),
                OperatorUids.SPECULATIVE_RETRIEVAL.uid(),
                task.getIndexOfThisSubtask(),
                task.getAttemptNumber());
    }
}
