package io.ralmspec.job;

import io.ralmspec.job.local.EmbeddedBroker;
import io.ralmspec.kafka.ClientSettings;
import io.ralmspec.kafka.TopicPlan;
import io.ralmspec.streaming.OperatorUids;
import io.ralmspec.streaming.ServingFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.checkpoint.CheckpointStatsSnapshot;
import org.apache.flink.runtime.execution.ExecutionState;
import org.apache.flink.runtime.executiongraph.AccessExecutionVertex;
import org.apache.flink.runtime.executiongraph.ArchivedExecutionGraph;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.runtime.jobgraph.SavepointRestoreSettings;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.kafka.clients.admin.Admin;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * The real job and a real broker in this JVM, on a Flink cluster of TaskManagers with one slot
 * each, which a test may kill.
 */
final class JobCluster implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Path directory;
    private final EmbeddedBroker broker;
    private final Configuration options;
    private final MiniCluster flink;
    private final int taskManagers;
    private int killed;

    private JobCluster(
            Path directory,
            EmbeddedBroker broker,
            Configuration options,
            MiniCluster flink,
            int taskManagers) {
        this.directory = directory;
        this.broker = broker;
        this.options = options;
        this.flink = flink;
        this.taskManagers = taskManagers;
    }

    /**
     * Starts broker and cluster and creates the topics; the job is submitted later.
     *
     * @param directory for the broker's log and checkpoints
     * @param values options of the job and of Flink; the directories of model, encoder and
     *     knowledge base may be absent where the serving needs none
     */
    static JobCluster start(Path directory, int taskManagers, Map<String, String> values)
            throws Exception {
        EmbeddedBroker broker = EmbeddedBroker.start(directory.resolve("kafka"), 0);
        try {
            Map<String, String> all = new HashMap<>(ScriptedServing.OPTIONS);
            all.putAll(values);
            all.put(JobOptions.BOOTSTRAP_SERVERS.key(), broker.bootstrapServers());
            Configuration options = OptionsReader.checked(all);
            try (Admin admin = Admin.create(JobSettings.clients(options).admin())) {
                JobSettings.topics(options).createMissing(admin, 1);
            }
            MiniCluster flink =
                    new MiniCluster(
                            new MiniClusterConfiguration.Builder()
                                    .setConfiguration(new Configuration())
                                    .setNumTaskManagers(taskManagers)
                                    .setNumSlotsPerTaskManager(1)
                                    .withRandomPorts()
                                    .build());
            flink.start();
            return new JobCluster(directory, broker, options, flink, taskManagers);
        } catch (Throwable e) {
            broker.close();
            throw e;
        }
    }

    Configuration options() {
        return options;
    }

    ClientSettings clients() {
        return JobSettings.clients(options);
    }

    TopicPlan topics() {
        return JobSettings.topics(options);
    }

    /**
     * Submits the job with one subtask per TaskManager and waits until it runs.
     *
     * @param savepoint to go on from, or null
     */
    JobID submit(ServingFactory serving, @Nullable Path savepoint) throws Exception {
        Configuration configuration = new Configuration(options);
        configuration.addAll(FlinkDefaults.missingFrom(options));
        configuration.set(
                CheckpointingOptions.CHECKPOINTS_DIRECTORY,
                directory.resolve("checkpoints").toUri().toString());
        StreamExecutionEnvironment env =
                StreamExecutionEnvironment.getExecutionEnvironment(configuration);
        env.setParallelism(taskManagers);
        RalmTopology.build(env, options, serving);
        JobGraph graph = env.getStreamGraph().getJobGraph();
        if (savepoint != null) {
            graph.setSavepointRestoreSettings(
                    SavepointRestoreSettings.forPath(savepoint.toUri().toString(), false));
        }
        flink.submitJob(graph).get();
        awaitRunning(graph.getJobID());
        return graph.getJobID();
    }

    /** Waits until every task runs; a job that has failed for good is an error. */
    void awaitRunning(JobID job) {
        Awaitility.await()
                .atMost(PATIENCE)
                .until(
                        () -> {
                            ArchivedExecutionGraph graph = graph(job);
                            if (graph.getState().isGloballyTerminalState()) {
                                throw new IllegalStateException(
                                        "the job must run (is %s): %s"
                                                .formatted(
                                                        graph.getState(), graph.getFailureInfo()));
                            }
                            // Before that, it may have no tasks yet.
                            return graph.getState() == JobStatus.RUNNING
                                    && StreamSupport.stream(
                                                    graph.getAllExecutionVertices().spliterator(),
                                                    false)
                                            .allMatch(
                                                    vertex ->
                                                            vertex.getExecutionState()
                                                                    == ExecutionState.RUNNING);
                        });
    }

    /** Kills the oldest TaskManager, starts a new one, and waits until the job runs again. */
    void killTaskManager(JobID job) throws Exception {
        int before = restarts(job);
        flink.terminateTaskManager(killed++).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        flink.startTaskManager();
        Awaitility.await().atMost(PATIENCE).until(() -> restarts(job) > before);
        awaitRunning(job);
    }

    /** How often the loop was started again. */
    int restarts(JobID job) throws Exception {
        for (AccessExecutionVertex vertex : graph(job).getAllExecutionVertices()) {
            if (vertex.getTaskNameWithSubtaskIndex()
                    .startsWith(OperatorUids.SPECULATIVE_RETRIEVAL.uid())) {
                return vertex.getCurrentExecutionAttempt().getAttemptNumber();
            }
        }
        throw new IllegalStateException("the job must have a speculative-retrieval vertex");
    }

    long completedCheckpoints(JobID job) throws Exception {
        CheckpointStatsSnapshot stats = graph(job).getCheckpointStatsSnapshot();
        return stats == null ? 0 : stats.getCounts().getNumberOfCompletedCheckpoints();
    }

    /** Stops the job; done when the savepoint is complete and the job has ended. */
    CompletableFuture<String> stopWithSavepoint(JobID job, Path target) {
        return flink.stopWithSavepoint(
                job, target.toUri().toString(), false, SavepointFormatType.CANONICAL);
    }

    /** Cancels the job and waits for its end. */
    void cancel(JobID job) throws Exception {
        flink.cancelJob(job).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        Awaitility.await()
                .atMost(PATIENCE)
                .until(() -> flink.getJobStatus(job).get() == JobStatus.CANCELED);
    }

    private ArchivedExecutionGraph graph(JobID job) throws Exception {
        return flink.getArchivedExecutionGraph(job).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    @Override
    public void close() throws Exception {
        try {
            flink.closeAsync().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } finally {
            broker.close();
        }
    }
}
