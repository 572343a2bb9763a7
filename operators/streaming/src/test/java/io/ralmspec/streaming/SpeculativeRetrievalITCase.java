package io.ralmspec.streaming;

import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.ErrorCode;
import io.ralmspec.decoding.FinishReason;
import io.ralmspec.decoding.ScriptedTokenizer;
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
import org.apache.flink.api.common.state.CheckpointListener;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiterStrategy;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.Metric;
import org.apache.flink.runtime.executiongraph.ArchivedExecution;
import org.apache.flink.runtime.executiongraph.ArchivedExecutionGraph;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.runtime.jobgraph.SavepointRestoreSettings;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.testutils.InMemoryReporter;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.async.ResultFuture;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.test.junit5.InjectMiniCluster;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The whole loop on a cluster of two TaskManagers with two slots each. */
class SpeculativeRetrievalITCase {
    private static final InMemoryReporter REPORTER = InMemoryReporter.createWithRetainedMetrics();

    @RegisterExtension
    static final MiniClusterExtension CLUSTER =
            new MiniClusterExtension(
                    new MiniClusterResourceConfiguration.Builder()
                            .setConfiguration(REPORTER.addToConfiguration(new Configuration()))
                            .setNumberTaskManagers(2)
                            .setNumberSlotsPerTaskManager(2)
                            .build());

    @TempDir static Path directory;

    private final ScriptedServing serving = new ScriptedServing(11);
    private final Run run = new Run();

    @AfterEach
    void nothingStaysOpen() {
        Awaitility.await()
                .untilAsserted(
                        () -> {
                            assertThat(FeedbackChannel.openChannels()).isZero();
                            assertThat(SharedServing.openServings()).isZero();
                        });
        assertThat(serving.control().closed).hasValue(serving.control().opened.get());
        assertThat(serving.control().searchesOnAClosedServing).hasValue(0);
    }

    @Test
    void answersEqualTheSequentialOnesAndBoundedInputEnds(@InjectMiniCluster MiniCluster cluster)
            throws Exception {
        List<DecodingRequest> requests = Requests.random(Requests.firstSeed(), 400);
        run.submit(requests.stream().map(Requests::submit).toList());
        serving.control().beforeSearch = queries -> Thread.sleep(2);
        JobID job = finish(cluster, jobGraph(2, Options.bounds(32, 10_000), 100_000, Failure.NONE));
        assertEachAnswerEqualsTheOracle(requests);
        assertThat(run.answers).hasSameSizeAs(requests);

        // Verification really batched across requests: the largest request has 5 queries.
        assertThat(serving.control().batches).anyMatch(size -> size > 5);
        assertLoopSharesSlots(cluster, job);
        assertMetrics(job, requests.size());
    }

    @Test
    void chainedAnswersEqualTheSequentialOnes(@InjectMiniCluster MiniCluster cluster)
            throws Exception {
        List<DecodingRequest> requests = Requests.random(Requests.firstSeed() + 1, 200);
        run.submit(requests.stream().map(Requests::submit).toList());
        OperatorOptions options = Options.chained(Options.bounds(16, 10_000));
        finish(cluster, jobGraph(3, options, 100_000, Failure.NONE));
        assertEachAnswerEqualsTheOracle(requests);
        assertThat(run.answers).hasSameSizeAs(requests);
    }

    @ParameterizedTest
    @EnumSource(
            value = Failure.class,
            names = {"AFTER_A_CHECKPOINT", "AFTER_AN_UNALIGNED_CHECKPOINT"})
    void aFailureInTheMiddleLosesNothing(Failure failure, @InjectMiniCluster MiniCluster cluster)
            throws Exception {
        List<DecodingRequest> requests = Requests.random(Requests.firstSeed() + 2, 600);
        run.submit(requests.stream().map(Requests::submit).toList());
        serving.control().beforeSearch = queries -> Thread.sleep(5);
        JobID job = finish(cluster, jobGraph(2, Options.bounds(16, 10_000), 200, failure));
        assertThat(run.failed).as("the failure happened").isTrue();
        assertEachAnswerEqualsTheOracle(requests);
        assertThat(sum(job, MetricName.REISSUED)).isPositive();
        assertLoopSharesSlots(cluster, job);
    }

    @Test
    void aSavepointIsTakenUpAtAnotherParallelism(@InjectMiniCluster MiniCluster cluster)
            throws Exception {
        List<DecodingRequest> requests = Requests.random(Requests.firstSeed() + 3, 800);
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
            JobGraph graph = jobGraph(parallelism, options, 150, Failure.NONE);
            if (savepoint != null) {
                graph.setSavepointRestoreSettings(
                        SavepointRestoreSettings.forPath(savepoint, false));
            }
            cluster.submitJob(graph).get();
            if (parallelism == 3) {
                awaitFinished(cluster, graph.getJobID());
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
            stale += sum(graph.getJobID(), MetricName.STALE_RESULTS_DROPPED);
        }
        assertEachAnswerEqualsTheOracle(requests);
        assertThat(stale).isPositive();
    }

    @Test
    void failuresOfTheKnowledgeBaseAreRetriedThenAnsweredAndDisturbNobody(
            @InjectMiniCluster MiniCluster cluster) throws Exception {
        List<DecodingRequest> requests = Requests.random(Requests.firstSeed() + 4, 100);
        DecodingRequest flaky = Requests.simple("flaky");
        DecodingRequest bad = Requests.simple("bad");
        List<Submission> submissions = new ArrayList<>();
        submissions.add(Requests.submit(flaky));
        submissions.add(Requests.submit(bad));
        requests.forEach(request -> submissions.add(Requests.submit(request)));
        run.submit(submissions);
        AtomicInteger flakyFailures = new AtomicInteger();
        AtomicInteger badAlone = new AtomicInteger();
        serving.control().beforeSearch =
                queries -> {
                    if (queries.stream().anyMatch(q -> q.text().equals(firstQuery(bad)))) {
                        badAlone.addAndGet(queries.size() == 1 ? 1 : 0);
                        throw new IllegalStateException("on purpose");
                    }
                    if (queries.size() == 1
                            && queries.getFirst().text().equals(firstQuery(flaky))
                            && flakyFailures.incrementAndGet() <= 2) {
                        throw new IllegalStateException("on purpose, at first");
                    }
                };
        JobID job =
                finish(
                        cluster,
                        jobGraph(
                                2,
                                Options.verification(Duration.ofSeconds(30), 3),
                                100_000,
                                Failure.NONE));
        assertThat(badAlone).as("attempts").hasValue(3);
        Answer answer = run.answer("bad");
        assertThat(answer.finishReason()).isEqualTo(FinishReason.ERROR);
        assertThat(answer.error().code()).isEqualTo(ErrorCode.RETRIEVAL_FAILED);
        assertThat(answer.error().message()).contains("IllegalStateException");
        requests.add(flaky);
        assertEachAnswerEqualsTheOracle(requests);
        assertThat(sum(job, MetricName.VERIFICATION_FAILURES)).isGreaterThanOrEqualTo(3);
    }

    @Test
    void aSearchThatTakesTooLongIsAnErrorAnswerAndTheRestGoesOn(
            @InjectMiniCluster MiniCluster cluster) throws Exception {
        DecodingRequest slow = Requests.simple("slow");
        List<DecodingRequest> requests = Requests.random(Requests.firstSeed() + 5, 60);
        // Each retriever has one thread: those of the slow one's would wait behind it.
        requests.removeIf(r -> r.retrieval().retriever() == slow.retrieval().retriever());
        List<Submission> submissions = new ArrayList<>();
        submissions.add(Requests.submit(slow));
        requests.forEach(request -> submissions.add(Requests.submit(request)));
        run.submit(submissions);
        AtomicInteger hits = new AtomicInteger();
        serving.control().beforeSearch =
                queries -> {
                    if (queries.stream().anyMatch(q -> q.text().equals(firstQuery(slow)))) {
                        hits.incrementAndGet();
                        Thread.sleep(1_500);
                    }
                };
        JobID job =
                finish(
                        cluster,
                        jobGraph(
                                2,
                                Options.verification(Duration.ofSeconds(1), 2),
                                100_000,
                                Failure.NONE));
        assertThat(hits).hasPositiveValue();
        Answer answer = run.answer("slow");
        assertThat(answer.error().code()).isEqualTo(ErrorCode.RETRIEVAL_FAILED);
        assertThat(answer.error().message()).contains("within 1.0 s");
        assertEachAnswerEqualsTheOracle(requests);
        assertThat(sum(job, MetricName.VERIFICATION_TIMEOUTS)).isPositive();
    }

    /** What a job of this test reads and writes, in this JVM. */
    private static final class Run {
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

    private enum Failure {
        NONE,
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
            Run run = Run.RUNS.get(runId);
            if (checkpointed && run.answers.size() > 50 && run.failed.compareAndSet(false, true)) {
                throw new IllegalStateException("on purpose, once");
            }
            super.asyncInvoke(request, resultFuture);
        }
    }

    private JobGraph jobGraph(
            int parallelism, OperatorOptions options, double perSecond, Failure failure) {
        Configuration configuration = new Configuration();
        configuration.set(StateBackendOptions.STATE_BACKEND, "rocksdb");
        configuration.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofMillis(100));
        configuration.set(
                CheckpointingOptions.CHECKPOINTS_DIRECTORY,
                directory.resolve("checkpoints").toUri().toString());
        configuration.set(
                CheckpointingOptions.ENABLE_UNALIGNED,
                failure == Failure.AFTER_AN_UNALIGNED_CHECKPOINT);
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
                        failure == Failure.NONE
                                ? new VerificationFunction(serving, options)
                                : new FailingVerification(serving, options, runId));
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

    private static JobID finish(MiniCluster cluster, JobGraph graph) throws Exception {
        cluster.submitJob(graph).get();
        awaitFinished(cluster, graph.getJobID());
        return graph.getJobID();
    }

    private static void awaitFinished(MiniCluster cluster, JobID job) throws Exception {
        cluster.requestJobResult(job)
                .get(3, TimeUnit.MINUTES)
                .toJobExecutionResult(SpeculativeRetrievalITCase.class.getClassLoader());
        assertThat(cluster.getJobStatus(job).get()).isEqualTo(JobStatus.FINISHED);
    }

    /** Every request has an answer; repeated answers, which a failure may cause, are equal. */
    private void assertEachAnswerEqualsTheOracle(List<DecodingRequest> requests) {
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

    private static void assertLoopSharesSlots(MiniCluster cluster, JobID job) throws Exception {
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

    private void assertMetrics(JobID job, int requests) {
        int rolledBack = run.answers.stream().mapToInt(a -> a.counters().rolledBackTokens()).sum();
        int modelSteps = run.answers.stream().mapToInt(a -> a.counters().modelSteps()).sum();
        int calls = run.answers.stream().mapToInt(a -> a.counters().retrievalCalls()).sum();
        int queries = run.answers.stream().mapToInt(a -> a.counters().retrievalQueries()).sum();
        assertThat(rolledBack).isPositive();
        assertThat(sum(job, MetricName.ROLLED_BACK_TOKENS)).isEqualTo(rolledBack);
        assertThat(sum(job, MetricName.MODEL_STEPS)).isEqualTo(modelSteps);
        assertThat(sum(job, MetricName.RETRIEVAL_CALLS)).isEqualTo(calls);
        assertThat(sum(job, MetricName.RETRIEVAL_QUERIES)).isEqualTo(queries);
        assertThat(sum(job, MetricName.STALE_RESULTS_DROPPED)).isZero();
        assertThat(find(job, MetricName.ACCEPTANCE))
                .allSatisfy(
                        metric ->
                                assertThat((Double) ((Gauge<?>) metric).getValue())
                                        .isBetween(0.05, 1.0));
        long generated =
                find(job, MetricName.GENERATION_MICROSECONDS).stream()
                        .mapToLong(metric -> ((Histogram) metric).getCount())
                        .sum();
        assertThat(generated).isEqualTo(modelSteps);
        assertThat(requests).isPositive();
    }

    private static long sum(JobID job, MetricName name) {
        return find(job, name).stream().mapToLong(metric -> ((Counter) metric).getCount()).sum();
    }

    private static List<Metric> find(JobID job, MetricName name) {
        List<Metric> found = new ArrayList<>();
        REPORTER.getMetricsByGroup()
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

    private static String firstQuery(DecodingRequest request) {
        ScriptedTokenizer tokenizer = new ScriptedTokenizer();
        return tokenizer.decode(tokenizer.encode(request.prompt())).strip();
    }
}
