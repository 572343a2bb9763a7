package io.ralmspec.streaming;

import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.Counters;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.Seeds;
import java.nio.file.Path;
import java.util.List;
import java.util.function.ToIntFunction;
import org.apache.flink.api.common.JobID;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.testutils.InMemoryReporter;
import org.apache.flink.test.junit5.InjectMiniCluster;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The loop on a cluster answers as one request at a time would, in slots that it shares. */
class SpeculativeRetrievalAnswersITCase {
    private static final InMemoryReporter REPORTER = InMemoryReporter.createWithRetainedMetrics();

    @RegisterExtension static final MiniClusterExtension CLUSTER = ClusterLoop.cluster(REPORTER);

    @TempDir static Path directory;

    @RegisterExtension final ClusterLoop loop = new ClusterLoop(REPORTER, directory);
    private final ScriptedServing serving = loop.serving;
    private final ClusterLoop.Run run = loop.run;

    @Test
    void answersEqualTheSequentialOnesAndBoundedInputEnds(@InjectMiniCluster MiniCluster cluster)
            throws Exception {
        List<DecodingRequest> requests = Requests.random(Seeds.first(), 400);
        run.submit(requests.stream().map(Requests::submit).toList());
        serving.control().beforeSearch = queries -> Thread.sleep(2);
        JobID job =
                ClusterLoop.finish(
                        cluster,
                        loop.jobGraph(
                                2, Options.maxStride(5, Options.bounds(32, 10_000)), 100_000));
        loop.assertEachAnswerEqualsTheOracle(requests);
        assertThat(run.answers).hasSameSizeAs(requests);

        // Verification really batched across requests: the largest request has 6 queries.
        assertThat(serving.control().batches).anyMatch(size -> size > 6);
        ClusterLoop.assertLoopSharesSlots(cluster, job);
        assertMetrics(job, requests.size());
    }

    @Test
    void chainedAnswersEqualTheSequentialOnes(@InjectMiniCluster MiniCluster cluster)
            throws Exception {
        List<DecodingRequest> requests = Requests.random(Seeds.first() + 1, 200);
        run.submit(requests.stream().map(Requests::submit).toList());
        OperatorOptions options = Options.chained(Options.bounds(16, 10_000));
        ClusterLoop.finish(cluster, loop.jobGraph(3, options, 100_000));
        loop.assertEachAnswerEqualsTheOracle(requests);
        assertThat(run.answers).hasSameSizeAs(requests);
    }

    private void assertMetrics(JobID job, int requests) {
        assertSum(job, MetricName.ROLLED_BACK_TOKENS, Counters::rolledBackTokens);
        assertThat(loop.sum(job, MetricName.ROLLBACKS)).isPositive();
        assertSum(job, MetricName.REDRAFTED_STEPS, Counters::redraftedSteps);
        assertSum(job, MetricName.UNCHANGED_STEPS, Counters::unchangedSteps);
        assertSum(job, MetricName.RECOVERED_TOKENS, Counters::recoveredTokens);
        assertSum(job, MetricName.CANCELLED_STEPS, Counters::cancelledSteps);
        assertSum(job, MetricName.MODEL_STEPS, Counters::modelSteps);
        assertSum(job, MetricName.RETRIEVAL_CALLS, Counters::retrievalCalls);
        assertSum(job, MetricName.RETRIEVAL_QUERIES, Counters::retrievalQueries);
        // A step may end just before it is cancelled.
        assertThat(loop.sum(job, MetricName.STALE_RESULTS_DROPPED))
                .isLessThanOrEqualTo(sum(Counters::cancelledSteps));
        assertThat(loop.find(job, MetricName.ACCEPTANCE))
                .allSatisfy(
                        metric ->
                                assertThat((Double) ((Gauge<?>) metric).getValue())
                                        .isBetween(0.05, 1.0));
        long generated =
                loop.find(job, MetricName.GENERATION_MICROSECONDS).stream()
                        .mapToLong(metric -> ((Histogram) metric).getCount())
                        .sum();
        // With KNN-LM, several tokens are guessed at once.
        assertThat(generated).isPositive().isLessThan(sum(Counters::modelSteps));
        assertThat(serving.control().neighbourSearches).hasPositiveValue();
        assertThat(loop.find(job, MetricName.ESTIMATED_CALL_MICROSECONDS))
                .allSatisfy(
                        metric ->
                                assertThat((Long) ((Gauge<?>) metric).getValue())
                                        .isGreaterThanOrEqualTo(2_000));
        assertThat(requests).isPositive();
    }

    private void assertSum(JobID job, MetricName name, ToIntFunction<Counters> count) {
        assertThat(sum(count)).as(name.key()).isPositive();
        assertThat(loop.sum(job, name)).as(name.key()).isEqualTo(sum(count));
    }

    private long sum(ToIntFunction<Counters> count) {
        return run.answers.stream().mapToLong(a -> count.applyAsInt(a.counters())).sum();
    }
}
