package io.ralmspec.job;

import java.time.Duration;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExecutionOptions;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.StateBackendOptions;

/** What this job wants of Flink where the user says nothing. */
public final class FlinkDefaults {
    private FlinkDefaults() {}

    /**
     * @param configured what the user, or the cluster, says
     * @return only what is missing there
     */
    public static Configuration missingFrom(ReadableConfig configured) {
        Configuration all = new Configuration();
        put(configured, all, StateBackendOptions.STATE_BACKEND, "rocksdb");
        put(configured, all, CheckpointingOptions.INCREMENTAL_CHECKPOINTS, true);
        put(configured, all, CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofSeconds(10));
        // Checkpoints fail while tasks start and stop; that is no reason to restart the job.
        put(configured, all, CheckpointingOptions.TOLERABLE_FAILURE_NUMBER, 10);
        // Flink would delete the requests in flight with a job that failed for good: Kafka's
        // offsets
        // are behind them.
        put(
                configured,
                all,
                CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION,
                ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION);
        // Flink would restart for ever, also where a directory is wrong.
        put(configured, all, RestartStrategyOptions.RESTART_STRATEGY, "failure-rate");
        put(
                configured,
                all,
                RestartStrategyOptions.RESTART_STRATEGY_FAILURE_RATE_MAX_FAILURES_PER_INTERVAL,
                10);
        put(
                configured,
                all,
                RestartStrategyOptions.RESTART_STRATEGY_FAILURE_RATE_FAILURE_RATE_INTERVAL,
                Duration.ofMinutes(5));
        put(
                configured,
                all,
                RestartStrategyOptions.RESTART_STRATEGY_FAILURE_RATE_DELAY,
                Duration.ofSeconds(2));
        // Flink's 100 ms would be waited for twice in every round of an idle loop.
        put(configured, all, ExecutionOptions.BUFFER_TIMEOUT, Duration.ZERO);
        // Every record has a proper serializer; Kryo would break state compatibility silently.
        put(configured, all, PipelineOptions.GENERIC_TYPES, false);
        // A savepoint finds its state by uid, so every operator must have one.
        put(configured, all, PipelineOptions.AUTO_GENERATE_UIDS, false);
        return all;
    }

    private static <T> void put(
            ReadableConfig configured, Configuration missing, ConfigOption<T> option, T value) {
        if (configured.getOptional(option).isEmpty()) {
            missing.set(option, value);
        }
    }
}
