package io.ralmspec.streaming;

import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.Submission;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiterStrategy;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Metric;
import org.apache.flink.runtime.executiongraph.ArchivedExecution;
import org.apache.flink.runtime.executiongraph.ArchivedExecutionGraph;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.testutils.InMemoryReporter;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** The whole loop as a job on a cluster of two TaskManagers with two slots each. */
final class ClusterLoop implements AfterEachCallback {
    final ScriptedServing serving = new ScriptedServing(11);
    final Run run = new Run();
    private final InMemoryReporter reporter;
    private final Path directory;

    ClusterLoop(InMemoryReporter reporter, Path directory) {
        this.reporter = reporter;
        this.directory = directory;
    }

    /** A cluster that reports to this reporter, which serves one cluster only. */
    static MiniClusterExtension cluster(InMemoryReporter reporter) {
        return new MiniClusterExtension(
                new MiniClusterResourceConfiguration.Builder()
                        .setConfiguration(reporter.addToConfiguration(new Configuration()))
                        .setNumberTaskManagers(2)
                        .setNumberSlotsPerTaskManager(2)
                        .build());
    }

    @Override
    public void afterEach(ExtensionContext context) {
        Awaitility.await()
                .untilAsserted(
                        () -> {
                            assertThat(FeedbackChannel.openChannels()).isZero();
                            assertThat(SharedServing.openServings()).isZero();
                        });
        assertThat(serving.control().closed).hasValue(serving.control().opened.get());
        assertThat(serving.control().searchesOnAClosedServing).hasValue(0);
    }

    /** What a job of a test reads and writes, in this JVM. */
    static final class Run {
        static final Map<String, Run> RUNS = new ConcurrentHashMap<>();
        final String id = UUID.randomUUID().toString();
        final Queue<Answer> answers = new ConcurrentLinkedQueue<>();
        final AtomicBoolean failed = new AtomicBoolean();
        volatile List<Submission> submissions = List.of();

        Run() {
            RUNS.put(id, this);
        }

        void submit(List<Submission> all) {
            submissions = all;
        }

        Set<String> answeredIds() {
            return answers.stream().map(Answer::id).collect(Collectors.toSet());
        }

        Answer answer(String requestId) {
            return answers.stream().filter(a -> a.id().equals(requestId)).findAny().orElseThrow();
        }
    }

    /** A job with aligned checkpoints whose verification does not fail on purpose. */
    JobGraph jobGraph(int parallelism, OperatorOptions options, double perSecond) {
        VerificationFunction verification = new VerificationFunction(serving, options);
        return jobGraph(parallelism, options, perSecond, verification, false);
    }

    JobGraph jobGraph(
            int parallelism,
            OperatorOptions options,
            double perSecond,
            VerificationFunction verification,
            boolean unaligned) {
        Configuration configuration = new Configuration();
        configuration.set(StateBackendOptions.STATE_BACKEND, "rocksdb");
        configuration.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofMillis(100));
        configuration.set(
                CheckpointingOptions.CHECKPOINTS_DIRECTORY,
                directory.resolve("checkpoints").toUri().toString());
        configuration.set(CheckpointingOptions.ENABLE_UNALIGNED, unaligned);
        configuration.set(PipelineOptions.GENERIC_TYPES, false);
        configuration.set(PipelineOptions.AUTO_GENERATE_UIDS, false);
        configuration.set(RestartStrategyOptions.RESTART_STRATEGY, "fixed-delay");
        configuration.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_ATTEMPTS, 1);
        StreamExecutionEnvironment env =
                StreamExecutionEnvironment.getExecutionEnvironment(configuration);
        env.setParallelism(parallelism);
        String runId = run.id;
        SpeculativeRetrieval.Streams streams =
                SpeculativeRetrieval.attach(
                        env.fromSource(
                                        new DataGeneratorSource<>(
                                                index ->
                                                        Run.RUNS
                                                                .get(runId)
                                                                .submissions
                                                                .get(index.intValue()),
                                                run.submissions.size(),
                                                RateLimiterStrategy.perSecond(perSecond),
                                                TypeInformation.of(Submission.class)),
                                        WatermarkStrategy.noWatermarks(),
                                        "requests")
                                .uid("requests")
                                .setParallelism(1),
                        serving,
                        options,
                        verification);
        streams.answers()
                .map(
                        record -> {
                            Run.RUNS.get(runId).answers.add(record.answer());
                            return record.answer().id();
                        })
                .returns(Types.STRING)
                .uid("collect")
                .sinkTo(new DiscardingSink<>())
                .uid("answers");
        return env.getStreamGraph().getJobGraph();
    }

    static JobID finish(MiniCluster cluster, JobGraph graph) throws Exception {
        cluster.submitJob(graph).get();
        awaitFinished(cluster, graph.getJobID());
        return graph.getJobID();
    }

    static void awaitFinished(MiniCluster cluster, JobID job) throws Exception {
        cluster.requestJobResult(job)
                .get(3, TimeUnit.MINUTES)
                .toJobExecutionResult(ClusterLoop.class.getClassLoader());
        assertThat(cluster.getJobStatus(job).get()).isEqualTo(JobStatus.FINISHED);
    }

    /** Every request has an answer; repeated answers, which a failure may cause, are equal. */
    void assertEachAnswerEqualsTheOracle(List<DecodingRequest> requests) {
        Set<String> ids = requests.stream().map(DecodingRequest::id).collect(Collectors.toSet());
        assertThat(run.answeredIds()).containsAll(ids);
        Map<String, Answer> expected =
                requests.stream().collect(Collectors.toMap(DecodingRequest::id, serving::oracle));
        for (Answer answer : run.answers) {
            Answer oracle = expected.get(answer.id());
            if (oracle != null) {
                assertThat(answer.tokens()).as(answer.id()).isEqualTo(oracle.tokens());
                assertThat(answer.text()).as(answer.id()).isEqualTo(oracle.text());
                assertThat(answer.finishReason()).isEqualTo(oracle.finishReason());
                assertThat(answer.sources()).isEqualTo(oracle.sources());
            }
        }
    }

    static void assertLoopSharesSlots(MiniCluster cluster, JobID job) throws Exception {
        ArchivedExecutionGraph graph = cluster.getArchivedExecutionGraph(job).get();
        Set<String> loop =
                Set.of(
                        OperatorUids.SPECULATIVE_RETRIEVAL.uid(),
                        OperatorUids.VERIFICATION.uid(),
                        OperatorUids.FEEDBACK.uid());
        Map<Integer, Set<Object>> slots = new ConcurrentHashMap<>();
        AtomicInteger stages = new AtomicInteger();
        graph.getVerticesTopologically()
                .forEach(
                        vertex -> {
                            if (loop.contains(vertex.getName())) {
                                stages.incrementAndGet();
                                for (int subtask = 0;
                                        subtask < vertex.getParallelism();
                                        subtask++) {
                                    ArchivedExecution execution =
                                            (ArchivedExecution)
                                                    vertex.getTaskVertices()[subtask]
                                                            .getCurrentExecutionAttempt();
                                    slots.computeIfAbsent(subtask, key -> new HashSet<>())
                                            .add(execution.getAssignedAllocationID());
                                }
                            }
                        });
        assertThat(stages).hasValue(3);
        assertThat(slots).hasSize(2);
        assertThat(slots.values()).allSatisfy(allocations -> assertThat(allocations).hasSize(1));
        assertThat(slots.get(0)).isNotEqualTo(slots.get(1));
    }

    long sum(JobID job, MetricName name) {
        return find(job, name).stream().mapToLong(metric -> ((Counter) metric).getCount()).sum();
    }

    List<Metric> find(JobID job, MetricName name) {
        List<Metric> found = new ArrayList<>();
        reporter.getMetricsByGroup()
                .forEach(
                        (group, metrics) -> {
                            String of = group.getAllVariables().get("<job_id>");
                            if (job.toString().equals(of) && metrics.containsKey(name.key())) {
                                found.add(metrics.get(name.key()));
                            }
                        });
        assertThat(found).as(name.key()).isNotEmpty();
        return found;
    }
}
