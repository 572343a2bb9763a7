package io.ralmspec.job.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.RetrievalParameters;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.Sampling;
import io.ralmspec.decoding.SpeculationPolicy;
import io.ralmspec.job.OnnxServingFactory;
import io.ralmspec.job.Oracle;
import io.ralmspec.job.TinyModels;
import io.ralmspec.job.client.RalmClient;
import io.ralmspec.job.local.EmbeddedBroker;
import io.ralmspec.kafka.ClientSettings;
import io.ralmspec.kafka.TopicPlan;
import io.ralmspec.streaming.OperatorUids;
import io.ralmspec.streaming.Serving;
import java.io.File;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.configuration.Configuration;
import org.apache.kafka.clients.admin.Admin;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The job as it is deployed: its jar, submitted twice to one cluster of three processes, with real
 * models and a real broker.
 */
class ProcessClusterITCase {
    private static final int REQUESTS = 40;
    private static final int TOKENS = 24;
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    @TempDir Path directory;
    private EmbeddedBroker broker;
    private ProcessCluster cluster;

    @BeforeEach
    void start() throws Exception {
        broker = EmbeddedBroker.start(directory.resolve("kafka"), 0);
        try (Admin admin = Admin.create(clients().admin())) {
            TopicPlan.load().createMissing(admin, 1);
        }
        cluster = ProcessCluster.start(directory.resolve("flink"), 2);
    }

    @AfterEach
    void stop() throws Exception {
        try {
            if (cluster != null) {
                cluster.close();
            }
        } finally {
            broker.close();
        }
    }

    @Test
    void twoSubmissionsShareTheWorkAndAnswerAlike() throws Exception {
        List<String> options = options();
        Map<String, List<Integer>> sequential = sequential(options);
        String first = cluster.submit(2, null, options);
        try (RalmClient client = new RalmClient(clients(), TopicPlan.load())) {
            assertThat(ask(client, "a", DecodingMode.BASELINE)).isEqualTo(sequential);
            assertThat(ask(client, "b", DecodingMode.SPECULATIVE)).isEqualTo(sequential);
            Awaitility.await()
                    .atMost(PATIENCE)
                    .untilAsserted(
                            () -> {
                                Map<String, Long> shares = shares(first);
                                assertThat(shares).hasSize(2);
                                long all = shares.values().stream().mapToLong(each -> each).sum();
                                assertThat(shares.values())
                                        .as("records each TaskManager has read, %s", shares)
                                        .allMatch(each -> each > 0.35 * all);
                            });

            // An upgrade under load: what is being answered goes on in the second submission,
            // which loads the job's classes again, and the natives must bear it.
            CompletableFuture<Map<String, List<Integer>>> inFlight =
                    CompletableFuture.supplyAsync(() -> ask(client, "c", DecodingMode.SPECULATIVE));
            String savepoint = cluster.stop(first);
            String second = cluster.submit(1, savepoint, options);
            assertThat(second).isNotEqualTo(first);
            assertThat(inFlight.get()).isEqualTo(sequential);
            assertThat(ask(client, "d", DecodingMode.SPECULATIVE)).isEqualTo(sequential);
            assertThat(ask(client, "e", DecodingMode.BASELINE)).isEqualTo(sequential);
        }
        assertThat(cluster.alive()).isTrue();
        for (String name : List.of("taskmanager-0", "taskmanager-1")) {
            assertThat(cluster.log(name))
                    .doesNotContain("UnsatisfiedLinkError", "NoClassDefFoundError");
        }
    }

    @Test
    void theCommandLineOfTheJobJarWorksInTheImage() throws Exception {
        cluster.submit(1, null, options());

        assertThat(ralmspec("ask", "where is the otter", "--bootstrap-servers", address()))
                .contains("exit code 0");
        assertThat(ralmspec("topics", "--create", "--bootstrap-servers", address()))
                .contains("All topics are there.", "exit code 0");
        assertThat(
                        ralmspec(
                                "serve",
                                "--model=" + TinyModels.model("llama-shared"),
                                "--encoder=" + TinyModels.encoder(),
                                "--index=" + directory.resolve("index")))
                .contains("the job's jar has no Kafka broker", "exit code 1");
    }

    private String ralmspec(String... arguments) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("--add-modules=jdk.incubator.vector", "-cp"));
        command.add(ClusterFiles.JOB_JAR + File.pathSeparator + ClusterFiles.classPath());
        command.add("io.ralmspec.job.cli.Ralmspec");
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes());
        return output + "exit code " + process.waitFor();
    }

    /** What every TaskManager has read of the loop's input, by its address. */
    private Map<String, Long> shares(String job) throws Exception {
        Map<String, Long> shares = new LinkedHashMap<>();
        for (JsonNode vertex : cluster.get("/jobs/" + job).get("vertices")) {
            if (vertex.get("name").asText().contains(OperatorUids.SPECULATIVE_RETRIEVAL.uid())) {
                String path = "/jobs/" + job + "/vertices/" + vertex.get("id").asText();
                for (JsonNode subtask : cluster.get(path).get("subtasks")) {
                    shares.merge(
                            subtask.get("taskmanager-id").asText(),
                            subtask.get("metrics").get("read-records").asLong(),
                            Long::sum);
                }
            }
        }
        return shares;
    }

    /** What the oracle answers in this process, without Flink and Kafka. */
    private static Map<String, List<Integer>> sequential(List<String> options) throws Exception {
        Map<String, String> named = new LinkedHashMap<>();
        for (String option : options) {
            String[] parts = option.substring("-D".length()).split("=", 2);
            named.put(parts[0], parts[1]);
        }
        Map<String, List<Integer>> tokens = new LinkedHashMap<>();
        try (Serving serving = new OnnxServingFactory(Configuration.fromMap(named)).open()) {
            Oracle oracle = new Oracle(serving);
            for (DecodingRequest request : requests("s", DecodingMode.BASELINE)) {
                add(tokens, oracle.decode(request));
            }
        }
        return tokens;
    }

    private static Map<String, List<Integer>> ask(
            RalmClient client, String prefix, DecodingMode mode) {
        Map<String, List<Integer>> tokens = new LinkedHashMap<>();
        try {
            for (RalmClient.Answered answered : client.askAll(requests(prefix, mode), PATIENCE)) {
                add(tokens, answered.answer());
            }
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        return tokens;
    }

    private static void add(Map<String, List<Integer>> tokens, Answer answer) {
        assertThat(answer.error()).isNull();
        assertThat(answer.tokens()).isNotEmpty();
        tokens.put(answer.id().substring(1), Arrays.stream(answer.tokens()).boxed().toList());
    }

    private static List<DecodingRequest> requests(String prefix, DecodingMode mode) {
        List<DecodingRequest> requests = new ArrayList<>();
        for (int i = 0; i < REQUESTS; i++) {
            requests.add(
                    new DecodingRequest(
                            prefix + i,
                            "where is the violin number " + i,
                            TOKENS,
                            List.of(),
                            i % 3 == 0 ? new Sampling(0.8, 0.9, i) : Sampling.GREEDY,
                            RetrievalParameters.of(
                                    i % 2 == 0 ? RetrieverKind.EXACT : RetrieverKind.BM25,
                                    mode,
                                    SpeculationPolicy.PLAIN),
                            false,
                            0));
        }
        return requests;
    }

    private List<String> options() throws Exception {
        Path index = TinyModels.index(directory, 200, RetrieverKind.EXACT, RetrieverKind.BM25);
        return List.of(
                "-Dralmspec.kafka.bootstrap-servers=" + address(),
                "-Dralmspec.model.directory=" + TinyModels.model("llama-shared"),
                "-Dralmspec.encoder.directory=" + TinyModels.encoder(),
                "-Dralmspec.knowledge.directory=" + index);
    }

    private String address() {
        return broker.bootstrapServers();
    }

    private ClientSettings clients() {
        return ClientSettings.of(address());
    }
}
