package io.ralmspec.streaming;

import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.Seeds;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.state.CheckpointListener;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.runtime.jobgraph.SavepointRestoreSettings;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.testutils.InMemoryReporter;
import org.apache.flink.streaming.api.functions.async.ResultFuture;
import org.apache.flink.test.junit5.InjectMiniCluster;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The loop on a cluster loses nothing at a failure or at a savepoint. */
class SpeculativeRetrievalRecoveryITCase {
    private static final InMemoryReporter REPORTER = InMemoryReporter.createWithRetainedMetrics();

    @RegisterExtension static final MiniClusterExtension CLUSTER = ClusterLoop.cluster(REPORTER);

    @TempDir static Path directory;

    @RegisterExtension final ClusterLoop loop = new ClusterLoop(REPORTER, directory);
    private final ScriptedServing serving = loop.serving;
    private final ClusterLoop.Run run = loop.run;

    @ParameterizedTest
    @EnumSource
    void aFailureInTheMiddleLosesNothing(Failure failure, @InjectMiniCluster MiniCluster cluster)
            throws Exception {
        List<DecodingRequest> requests = Requests.random(Seeds.first() + 2, 600);
        run.submit(requests.stream().map(Requests::submit).toList());
        serving.control().beforeSearch = queries -> Thread.sleep(5);
        OperatorOptions options = Options.bounds(16, 10_000);
        JobGraph graph =
                loop.jobGraph(
                        2,
                        options,
                        200,
                        new FailingVerification(serving, options, run.id),
                        failure == Failure.AFTER_AN_UNALIGNED_CHECKPOINT);
        JobID job = ClusterLoop.finish(cluster, graph);
        assertThat(run.failed).as("the failure happened").isTrue();
        loop.assertEachAnswerEqualsTheOracle(requests);
        assertThat(loop.sum(job, MetricName.REISSUED)).isPositive();
        ClusterLoop.assertLoopSharesSlots(cluster, job);
    }

    @Test
    void aSavepointIsTakenUpAtAnotherParallelism(@InjectMiniCluster MiniCluster cluster)
            throws Exception {
        List<DecodingRequest> requests = Requests.random(Seeds.first() + 3, 800);
        run.submit(requests.stream().map(Requests::submit).toList());
        // Slow while stopping, so that verifications are out when the savepoint is taken: the next
        // job gets them twice, from the savepoint and from its head.
        AtomicBoolean stopping = new AtomicBoolean();
        serving.control().beforeSearch = queries -> Thread.sleep(stopping.get() ? 400 : 5);
        long stale = 0;
        OperatorOptions options = Options.bounds(8, 10_000);
        String savepoint = null;
        int answeredBefore = 0;
        for (int parallelism : List.of(2, 1, 3)) {
            JobGraph graph = loop.jobGraph(parallelism, options, 150);
            if (savepoint != null) {
                graph.setSavepointRestoreSettings(
                        SavepointRestoreSettings.forPath(savepoint, false));
            }
            cluster.submitJob(graph).get();
            if (parallelism == 3) {
                ClusterLoop.awaitFinished(cluster, graph.getJobID());
            } else {
                int enough = answeredBefore + 60;
                Awaitility.await()
                        .atMost(Duration.ofMinutes(2))
                        .until(() -> run.answeredIds().size() >= enough);
                stopping.set(true);
                savepoint =
                        cluster.stopWithSavepoint(
                                        graph.getJobID(),
                                        directory.resolve("savepoints").toUri().toString(),
                                        false,
                                        parallelism == 2
                                                ? SavepointFormatType.CANONICAL
                                                : SavepointFormatType.NATIVE)
                                .get(2, TimeUnit.MINUTES);
                stopping.set(false);
                answeredBefore = run.answeredIds().size();
                assertThat(answeredBefore).isLessThan(requests.size());
            }
            stale += loop.sum(graph.getJobID(), MetricName.STALE_RESULTS_DROPPED);
        }
        loop.assertEachAnswerEqualsTheOracle(requests);
        assertThat(stale).isPositive();
    }

    private enum Failure {
        AFTER_A_CHECKPOINT,
        AFTER_AN_UNALIGNED_CHECKPOINT
    }

    /** Fails its task once, after a checkpoint that holds requests in flight. */
    private static final class FailingVerification extends VerificationFunction
            implements CheckpointListener {
        private final String runId;
        private transient volatile boolean checkpointed;

        FailingVerification(ServingFactory serving, OperatorOptions options, String runId) {
            super(serving, options);
            this.runId = runId;
        }

        @Override
        public void notifyCheckpointComplete(long checkpointId) {
            checkpointed = true;
        }

        @Override
        public void asyncInvoke(
                VerificationRequest request, ResultFuture<VerificationResult> resultFuture)
                throws Exception {
            ClusterLoop.Run run = ClusterLoop.Run.RUNS.get(runId);
            if (checkpointed && run.answers.size() > 50 && run.failed.compareAndSet(false, true)) {
                throw new IllegalStateException("on purpose, once");
            }
            super.asyncInvoke(request, resultFuture);
        }
    }
}
