package io.ralmspec.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.job.JobOptions;
import io.ralmspec.job.TinyModels;
import io.ralmspec.job.local.LocalService;
import io.ralmspec.job.local.Ports;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The load generator as a user runs it, through Kafka, on a small real model. */
class LoadCommandITCase {
    private static final int REQUESTS = 12;

    @TempDir Path directory;
    private Path questions;

    @BeforeEach
    void writeQuestions() throws IOException {
        questions =
                Files.writeString(
                        directory.resolve("questions.jsonl"),
                        """
                        {"question": "where is the lighthouse"}
                        {"question": "who plays the violin"}
                        {"question": "what does the otter eat"}
                        """);
    }

    @Test
    void everyPolicyGivesTheSameAnswersAtAShareOfTheCapacity() throws Exception {
        Path index = TinyModels.index(directory, 150, RetrieverKind.EXACT);
        List<JsonNode> lines =
                load(
                        "--model=" + TinyModels.model("llama-shared"),
                        "--encoder=" + TinyModels.encoder(),
                        "--index=" + index,
                        "--policies=baseline,spec,default",
                        "--temperature=0.7",
                        "--capacity-share=0.5",
                        "--pad-vectors=5000",
                        "--calibration=1",
                        "--concurrency=4");
        assertThat(lines)
                .extracting(line -> line.get("policies").asText())
                .containsExactly("baseline", "spec", "default");
        for (JsonNode line : lines) {
            double capacity = line.get("capacity").asDouble();
            assertThat(capacity).isPositive();
            assertThat(line.get("offered_rate").asDouble() / capacity).isBetween(0.499, 0.501);
            JsonNode first = line.get("first_token");
            assertThat(line.get("first_token_source").asText()).isEqualTo("first-delta");
            assertThat(first.get("p50").asDouble()).isPositive();
            assertThat(line.get("outside_seconds_mean").asDouble()).isPositive();
        }
        assertThat(lines.get(1).get("retrieval_calls").asInt())
                .isPositive()
                .isLessThan(lines.get(0).get("retrieval_calls").asInt());
        JsonNode report = new ObjectMapper().readTree(directory.resolve("out/load.json").toFile());
        assertThat(report.get("command").get(0).asText()).isEqualTo("load");
        assertThat(report.get("machine").get("cores").asInt()).isPositive();
    }

    @Test
    void aRunningJobIsAskedThroughItsKafka() throws Exception {
        Path index = TinyModels.index(directory, 150, RetrieverKind.BM25);
        Map<String, String> options =
                Map.of(
                        JobOptions.MODEL_DIRECTORY.key(),
                        TinyModels.model("llama-shared").toString(),
                        JobOptions.ENCODER_DIRECTORY.key(),
                        TinyModels.encoder().toString(),
                        JobOptions.KNOWLEDGE_DIRECTORY.key(),
                        index.toString(),
                        JobOptions.REQUESTS_TOPIC.key(),
                        "asked");
        Path properties =
                Files.writeString(directory.resolve("client.properties"), "client.id=generator\n");
        try (LocalService service =
                LocalService.start(options, directory.resolve("service"), 0, Ports.freeOr(0))) {
            List<JsonNode> lines =
                    load(
                            "--bootstrap-servers=" + service.bootstrapServers(),
                            "-D" + JobOptions.REQUESTS_TOPIC.key() + "=asked",
                            "--properties=" + properties,
                            "-Kclient.rack=here",
                            "--retriever=bm25",
                            "--policies=default",
                            "--no-stream",
                            "--rate=8");
            JsonNode line = lines.getFirst();
            assertThat(lines).hasSize(1);
            assertThat(line.get("retriever").asText()).isEqualTo("bm25");
            assertThat(line.get("capacity").isNull()).isTrue();
            assertThat(line.get("first_token_source").asText()).isEqualTo("answer");
            assertThat(line.get("first_token").get("p50").asDouble())
                    .isPositive()
                    .isLessThanOrEqualTo(line.get("latency").get("p50").asDouble());
        }
    }

    @Test
    void argumentsThatMakeNoLoadAreNamed() {
        assertThat(errors("--rate=1")).contains("(got neither)").contains("--bootstrap-servers");
        assertThat(errors("--rate=1", "--model=m"))
                .contains("--index")
                .contains("(got no --index)");
        assertThat(errors("--rate=1", "--bootstrap-servers=b:1", "--index=i"))
                .contains("must come with --model");
        assertThat(errors("--rate=1", "--bootstrap-servers=b:1", "--pad-vectors=9"))
                .contains("--pad-vectors must come with --model")
                .contains("(got 9)");
        assertThat(errors("--rate=1", "--model=m", "--index=i", "--encoder=e", "--pad-vectors=-1"))
                .contains("--pad-vectors must be >= 0 (got -1)");
        assertThat(errors())
                .contains("either --rate or --capacity-share must be set (got neither)");
        assertThat(errors("--rate=1", "--capacity-share=1")).contains("(got both)");
        assertThat(errors("--rate=-1")).contains("--rate must be > 0 (got -1.0)");
        assertThat(errors("--capacity-share=3"))
                .contains("--capacity-share must be in (0, 2] (got 3.0)");
        assertThat(errors("--rate=1", "--duration=5", "--requests=5"))
                .contains("either --duration or --requests must be set (got both)");
        assertThat(errors("--rate=1", "--duration=0")).contains("--duration must be >= 1 (got 0)");
        assertThat(errors("--rate=1", "--requests=0")).contains("--requests must be > 0 (got 0)");
        assertThat(errors("--rate=1", "--max-outstanding=0"))
                .contains("--max-outstanding must be >= 1 (got 0)");
        assertThat(errors("--rate=1", "--timeout=0")).contains("--timeout must be >= 1 (got 0)");
        assertThat(errors("--rate=1", "--concurrency=0"))
                .contains("--concurrency must be >= 1 (got 0)");
        assertThat(errors("--rate=1", "--warmup=-1")).contains("--warmup must be >= 0 (got -1)");
        assertThat(errors("--rate=1", "--policies=fast")).contains("(got fast)");
        assertThat(errors("--rate=1", "--limit=0")).contains("--limit must be >= 1 (got 0)");
        assertThat(errors("--rate=1", "--max-tokens=0")).contains("--max-tokens must be >= 1");
        assertThat(errors("--rate=1", "--temperature=3"))
                .contains("--temperature must be in [0, 2] (got 3.0)");
        assertThat(
                        errors(
                                "--rate=1",
                                "--bootstrap-servers=b:1",
                                "--properties=" + directory.resolve("none")))
                .contains("--properties must be a readable file");
    }

    @Test
    void reportsShowNoSecrets() {
        assertThat(RunFacts.masked("-Kssl.key.password=hunter2"))
                .isEqualTo("-Kssl.key.password=******");
        assertThat(RunFacts.masked("--max-tokens=24")).isEqualTo("--max-tokens=24");
        assertThat(RunFacts.masked("sasl.jaas.config=a=b")).isEqualTo("sasl.jaas.config=******");
    }

    /** Runs without a difference in any answer; the lines of the result. */
    private List<JsonNode> load(String... more) throws Exception {
        StringWriter errors = new StringWriter();
        List<String> arguments = new ArrayList<>(List.of(more));
        arguments.add("--requests=" + REQUESTS);
        arguments.add("--out=" + directory.resolve("out"));
        assertThat(run(errors, arguments)).as(errors.toString()).isZero();
        List<JsonNode> lines = new ArrayList<>();
        ObjectMapper mapper = new ObjectMapper();
        for (String line : Files.readAllLines(directory.resolve("out/load.jsonl"))) {
            JsonNode result = mapper.readTree(line);
            assertThat(result.get("answered").asInt()).as(line).isEqualTo(REQUESTS);
            assertThat(result.get("equal").asInt()).as(line).isEqualTo(REQUESTS);
            assertThat(result.get("latency").get("p99").asDouble()).isPositive();
            lines.add(result);
        }
        return lines;
    }

    private String errors(String... more) {
        StringWriter errors = new StringWriter();
        assertThat(run(errors, List.of(more))).isOne();
        return errors.toString();
    }

    private int run(StringWriter errors, List<String> more) {
        List<String> arguments =
                new ArrayList<>(List.of("load", "--questions=" + questions, "--warmup=2"));
        more.stream()
                .filter(argument -> argument.startsWith("--warmup"))
                .findAny()
                .ifPresent(given -> arguments.removeLast());
        if (more.stream().noneMatch(argument -> argument.startsWith("--max-tokens"))) {
            arguments.add("--max-tokens=24");
        }
        arguments.addAll(more);
        return Ralmspec.commandLine()
                .setErr(new PrintWriter(errors))
                .execute(arguments.toArray(String[]::new));
    }
}
