package io.ralmspec.job;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.kafka.AnswerReader;
import io.ralmspec.kafka.ClientSettings;
import io.ralmspec.kafka.RequestWriter;
import io.ralmspec.kafka.TopicPlan;
import io.ralmspec.streaming.MetricName;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.Metric;
import org.apache.flink.runtime.checkpoint.CheckpointStatsSnapshot;
import org.apache.flink.runtime.execution.ExecutionState;
import org.apache.flink.runtime.executiongraph.AccessExecutionVertex;
import org.apache.flink.runtime.executiongraph.ArchivedExecutionGraph;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.runtime.jobgraph.SavepointRestoreSettings;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.awaitility.Awaitility;

/**
 * The real job on a {@link ChaosCluster}, with topics of its own. Sends requests, tells what the
 * job does, and in the end compares what came back with an undisturbed run.
 */
final class ChaosRun implements AutoCloseable {
    static final Duration CHECKPOINT_INTERVAL = Duration.ofMillis(300);

    /** As {@link JobOptions#DELIVERY} has them. */
    enum Delivery {
        AT_LEAST_ONCE,
        EXACTLY_ONCE;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    final ChaosServing.Control serving;
    private final ChaosServing servingFactory = new ChaosServing(17);
    private final ChaosCluster cluster;
    private final String name;
    private final Delivery delivery;
    private final Configuration options;
    private final KafkaProducer<byte[], byte[]> producer;
    private final AnswerLog answers;
    private final Map<String, DecodingRequest> sent = new HashMap<>();
    private final Map<String, Long> sentNanos = new HashMap<>();
    private final List<JobID> jobs = new ArrayList<>();
    private int restartsOfEarlierJobs;

    ChaosRun(ChaosCluster cluster, String name, Delivery delivery, Map<String, String> more) {
        this.cluster = cluster;
        this.name = name;
        this.delivery = delivery;
        this.serving = servingFactory.control();
        String prefix =
                (name + "-" + delivery).toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
        Map<String, String> values = new HashMap<>(ScriptedServing.OPTIONS);
        values.put(JobOptions.DATASTORE_DIRECTORY.key(), "scripted");
        values.put(JobOptions.BOOTSTRAP_SERVERS.key(), cluster.bootstrapServers());
        values.put(JobOptions.GROUP_ID.key(), prefix);
        values.put(JobOptions.REQUESTS_TOPIC.key(), prefix + ".requests");
        values.put(JobOptions.ANSWERS_TOPIC.key(), prefix + ".answers");
        values.put(JobOptions.DELTAS_TOPIC.key(), prefix + ".deltas");
        values.put(JobOptions.DEAD_LETTERS_TOPIC.key(), prefix + ".dead-letters");
        values.put(JobOptions.DELIVERY.key(), delivery.toString());
        values.put(JobOptions.TRANSACTIONAL_ID_PREFIX.key(), prefix);
        values.put(JobOptions.MAX_IN_FLIGHT.key(), "8");
        values.put("execution.checkpointing.interval", CHECKPOINT_INTERVAL.toMillis() + " ms");
        values.put(
                "execution.checkpointing.dir",
                cluster.directory.resolve("checkpoints").toUri().toString());
        values.put("restart-strategy.type", "fixed-delay");
        values.put("restart-strategy.fixed-delay.attempts", "1000");
        values.put("restart-strategy.fixed-delay.delay", "100 ms");
        values.putAll(more);
        options = OptionsReader.checked(values);
        try (Admin admin = Admin.create(clients().admin())) {
            topics().createMissing(admin, 1);
        }
        producer = KafkaRecords.producer(clients());
        answers = new AnswerLog(clients().consumer(), topics().answers().name());
    }

    ClientSettings clients() {
        return JobSettings.clients(options);
    }

    TopicPlan topics() {
        return JobSettings.topics(options);
    }

    /** Starts the job and waits until all its tasks run. */
    void start(int parallelism) throws Exception {
        start(parallelism, SavepointRestoreSettings.none());
    }

    void start(int parallelism, SavepointRestoreSettings from) throws Exception {
        Configuration flink = new Configuration(options);
        flink.addAll(FlinkDefaults.missingFrom(options));
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(flink);
        env.setParallelism(parallelism);
        RalmTopology.build(env, options, servingFactory);
        JobGraph graph = env.getStreamGraph().getJobGraph();
        graph.setSavepointRestoreSettings(from);
        if (!jobs.isEmpty()) {
            restartsOfEarlierJobs = restarts();
        }
        cluster.flink.submitJob(graph).get();
        jobs.add(graph.getJobID());
        await("all tasks to run", this::runs);
    }

    JobID job() {
        return jobs.getLast();
    }

    void send(List<DecodingRequest> requests) {
        for (DecodingRequest request : requests) {
            assertThat(sent.put(request.id(), request)).isNull();
            sentNanos.put(request.id(), System.nanoTime());
            producer.send(
                    RequestWriter.record(request).toProducerRecord(topics().requests().name()));
        }
    }

    /** Ids whose answer a reader of committed records has seen. */
    int answered() {
        return answers.size();
    }

    int outstanding() {
        return sent.size() - answered();
    }

    void awaitAnswered(int count) {
        await(count + " answers", () -> answered() >= count);
    }

    /** From sending a request to seeing its answer, in order of length. */
    List<Duration> latencies(List<DecodingRequest> requests) {
        return requests.stream()
                .map(DecodingRequest::id)
                .map(id -> Duration.ofNanos(answers.arrivalNanos(id) - sentNanos.get(id)))
                .sorted()
                .toList();
    }

    /** Of all jobs of this run. */
    int restarts() throws Exception {
        return restartsOfEarlierJobs
                + executions(archived()).stream()
                        .mapToInt(e -> e.getCurrentExecutionAttempt().getAttemptNumber())
                        .max()
                        .orElseThrow();
    }

    /** Whether the job and all its tasks run. */
    boolean runs() throws Exception {
        ArchivedExecutionGraph graph = graph();
        return graph.getState() == JobStatus.RUNNING
                && executions(graph).stream()
                        .allMatch(e -> e.getExecutionState() == ExecutionState.RUNNING);
    }

    CheckpointStatsSnapshot checkpoints() throws Exception {
        return graph().getCheckpointStatsSnapshot();
    }

    long completedCheckpoints() throws Exception {
        return checkpoints().getCounts().getNumberOfCompletedCheckpoints();
    }

    /** Waits until that many checkpoints that begin after now are complete. */
    void awaitCheckpoints(int count) throws Exception {
        // One may be under way.
        long enough = completedCheckpoints() + 1 + count;
        await(count + " checkpoints", () -> completedCheckpoints() >= enough);
    }

    /** The sum of a counter or gauge over all tasks and jobs of this run. */
    long sum(MetricName name) {
        List<Metric> found = new ArrayList<>();
        cluster.reporter()
                .getMetricsByGroup()
                .forEach(
                        (group, metrics) -> {
                            String of = group.getAllVariables().get("<job_id>");
                            if (jobs.stream().anyMatch(job -> job.toString().equals(of))
                                    && metrics.containsKey(name.key())) {
                                found.add(metrics.get(name.key()));
                            }
                        });
        assertThat(found).as(name.key()).isNotEmpty();
        return found.stream()
                .mapToLong(
                        metric ->
                                metric instanceof Gauge<?> gauge
                                        ? ((Number) gauge.getValue()).longValue()
                                        : ((Counter) metric).getCount())
                .sum();
    }

    /** Of the job, also of one that failed. */
    ArchivedExecutionGraph archived() throws Exception {
        return cluster.flink.getArchivedExecutionGraph(job()).get();
    }

    ArchivedExecutionGraph graph() throws Exception {
        ArchivedExecutionGraph graph = archived();
        if (graph.getState() == JobStatus.FAILED) {
            throw new AssertionError(
                    "the job failed for good: " + graph.getFailureInfo().getExceptionAsString());
        }
        return graph;
    }

    void await(String what, Callable<Boolean> condition) {
        Awaitility.await(what)
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(20))
                .until(condition);
    }

    /**
     * Waits for every answer, and asserts that each is there, once where that is promised, and
     * equal to the undisturbed run's. Prints one line of figures.
     */
    void finish(double recoverySeconds) throws Exception {
        serving.takeTime(0, 0);
        await("all answers (" + outstanding() + " to come)", () -> outstanding() == 0);
        // Whatever the job still had in an open transaction is in the topic after these.
        awaitCheckpoints(2);
        Map<String, List<ConsumerRecord<byte[], byte[]>>> byId =
                KafkaRecords.readAll(clients().consumer(), topics().answers().name()).stream()
                        .collect(Collectors.groupingBy(r -> new String(r.key(), UTF_8)));
        int records = byId.values().stream().mapToInt(List::size).sum();
        long lost = sent.keySet().stream().filter(id -> !byId.containsKey(id)).count();
        int duplicated = records - byId.size();
        System.out.printf(
                Locale.ROOT,
                "chaos: %s, %s: requests=%d restarts=%d lost=%d duplicated=%d recovery=%.1fs"
                        + " reissued=%d%n",
                name,
                delivery,
                sent.size(),
                restarts(),
                lost,
                duplicated,
                recoverySeconds,
                sum(MetricName.REISSUED));
        assertThat(lost).as("lost").isZero();
        assertThat(byId).hasSameSizeAs(sent);
        if (delivery == Delivery.EXACTLY_ONCE) {
            assertThat(duplicated).as("duplicated").isZero();
        }
        byId.forEach((id, copies) -> copies.forEach(record -> assertUndisturbed(id, record)));
        assertThat(KafkaRecords.readAll(clients().consumer(), topics().deadLetters().name()))
                .as("dead letters")
                .isEmpty();
    }

    private void assertUndisturbed(String id, ConsumerRecord<byte[], byte[]> record) {
        Answer answer = AnswerReader.read(record.value());
        Answer expected = servingFactory.oracle(sent.get(id));
        assertThat(answer.tokens()).as("tokens of %s", id).isEqualTo(expected.tokens());
        assertThat(answer.text()).as("text of %s", id).isEqualTo(expected.text());
        assertThat(answer.finishReason()).as(id).isEqualTo(expected.finishReason());
        assertThat(answer.sources()).as("sources of %s", id).isEqualTo(expected.sources());
    }

    Path savepoints() {
        return cluster.directory.resolve("savepoints").resolve(options.get(JobOptions.GROUP_ID));
    }

    @Override
    public void close() throws Exception {
        serving.releaseSearches();
        serving.takeTime(0, 0);
        try {
            if (!jobs.isEmpty()
                    && !cluster.flink.getJobStatus(job()).get().isGloballyTerminalState()) {
                cluster.flink.cancelJob(job()).get();
                cluster.flink.requestJobResult(job()).get(60, TimeUnit.SECONDS);
            }
        } finally {
            producer.close(Duration.ofSeconds(5));
            answers.close();
        }
    }

    private static List<AccessExecutionVertex> executions(ArchivedExecutionGraph graph) {
        return StreamSupport.stream(graph.getAllExecutionVertices().spliterator(), false)
                .map(AccessExecutionVertex.class::cast)
                .toList();
    }
}
