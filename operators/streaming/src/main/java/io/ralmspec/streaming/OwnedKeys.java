package io.ralmspec.streaming;

import org.apache.flink.api.common.TaskInfo;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;

/**
 * Which request ids belong to a subtask. A restore at another parallelism deals out the
 * verifications that were out regardless of their keys, so a result may come to the wrong subtask.
 */
record OwnedKeys(KeyGroupRange range, int maxParallelism) {
    static OwnedKeys of(TaskInfo task) {
        int maxParallelism = task.getMaxNumberOfParallelSubtasks();
        return new OwnedKeys(
                KeyGroupRangeAssignment.computeKeyGroupRangeForOperatorIndex(
                        maxParallelism,
                        task.getNumberOfParallelSubtasks(),
                        task.getIndexOfThisSubtask()),
                maxParallelism);
    }

    boolean contains(String id) {
        return range.contains(KeyGroupRangeAssignment.assignToKeyGroup(id, maxParallelism));
    }
}
