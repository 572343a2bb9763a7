package io.ralmspec.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.job.TinyModels;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The benchmark of KNN-LM as a user runs it, on a small real model and its datastore. */
class BenchKnnITCase {
    private static final String MODEL = "llama-shared";

    @TempDir Path directory;
    private Path datastore;
    private Path questions;

    @BeforeEach
    void buildADatastore() throws IOException {
        datastore = TinyModels.datastore(directory, MODEL, 150);
        questions =
                Files.writeString(
                        directory.resolve("questions.jsonl"),
                        """
                        {"question": "The lighthouse number 7 stands"}
                        {"question": "who plays the violin"}
                        {"question": "The otter number"}
                        {"question": "how old is the glacier"}
                        """);
    }

    @Test
    void everyPolicyGivesTheBaselinesTokensForAnyNumberOfNeighbours() throws Exception {
        List<JsonNode> cells =
                bench(
                        "library",
                        "--retriever",
                        "exact,hnsw",
                        "--neighbours",
                        "1,8",
                        "--policies",
                        "baseline,stride=3,stride=8,S,SA,default");
        // Per retriever and k: the baseline, five policies, and the model alone.
        assertThat(cells).hasSize(2 * 2 * 7);
        assertThat(cells)
                .extracting(c -> c.get("retriever").asText() + c.get("neighbours").asInt())
                .containsOnly("exact1", "exact8", "hnsw1", "hnsw8");
        int fewer = 0;
        for (int i = 0; i < cells.size(); i += 7) {
            JsonNode baseline = cells.get(i);
            assertThat(baseline.get("mode").asText()).isEqualTo("knn-lm-baseline");
            int calls = baseline.get("retrieval_calls").asInt();
            assertThat(baseline.get("retrieval_queries").asInt()).isEqualTo(calls);
            assertThat(baseline.get("acceptance").isNull()).isTrue();
            JsonNode speculative = cells.get(i + 1);
            assertThat(speculative.get("mode").asText()).isEqualTo("knn-lm");
            assertThat(speculative.get("settings").asText())
                    .startsWith("stride=3,lambda=0.5,temperature=50.0,successors=4,");
            assertThat(speculative.get("acceptance").asDouble()).isBetween(0.0, 1.0);
            fewer += speculative.get("retrieval_calls").asInt() < calls ? 1 : 0;
            JsonNode alone = cells.get(i + 6);
            assertThat(alone.get("mode").asText()).isEqualTo("model-only");
            assertThat(alone.get("retrieval_calls").asInt()).isZero();
            assertThat(alone.get("model_steps").asInt()).isEqualTo(calls);
        }
        assertThat(fewer).isEqualTo(4);
        assertThat(Files.readString(directory.resolve("library").resolve("speedup.svg")))
                .contains(">hnsw, k=8, library<");
    }

    @Test
    void theJobGivesTheLibrarysTokens() throws Exception {
        Path index = TinyModels.index(directory, 150, RetrieverKind.EXACT);
        List<JsonNode> cells =
                bench(
                        "both",
                        "--engine",
                        "both",
                        "--index",
                        index.toString(),
                        "--encoder",
                        TinyModels.encoder().toString(),
                        "--retriever",
                        "hnsw",
                        "--neighbours",
                        "8",
                        "--concurrency",
                        "2",
                        "--policies",
                        "SA");
        assertThat(cells)
                .extracting(
                        cell -> cell.get("engine").asText() + " " + cell.get("policies").asText())
                .containsExactly(
                        "library baseline",
                        "library SA",
                        "library model-only",
                        "flink baseline",
                        "flink SA");
    }

    @Test
    void argumentsThatDoNotFitTheModeAreNamed() throws Exception {
        assertThat(errors("--mode", "baseline"))
                .contains("--mode must be one of speculative, knn-lm (got baseline)");
        assertThat(errors("--retriever", "bm25"))
                .contains("--retriever must be exact or hnsw in mode knn-lm (got bm25)");
        assertThat(errors("--neighbours", "1,2000"))
                .contains("`retrieval.knn.k` must be in [1, 1024] (got 2000)");
        assertThat(errors("--paper-costs", "gpt2"))
                .contains("--mode knn-lm must come without --paper-costs and --pad-vectors");
        assertThat(errors("--engine", "flink")).contains("--index must be set in this --mode");
        assertThat(errors("--mode", "speculative")).contains("--index must be set in this --mode");
    }

    @Test
    void aRetrieverThatTheDatastoreWasBuiltWithoutIsNamed() throws Exception {
        datastore = TinyModels.datastore(directory.resolve("plain"), MODEL, 20, false);
        assertThat(errors("--retriever", "hnsw"))
                .contains("--retriever must be one that the datastore has, [exact] (got hnsw)");
    }

    /** Runs without a difference in any answer; the cells of the result. */
    private List<JsonNode> bench(String output, String... more) throws Exception {
        StringWriter errors = new StringWriter();
        List<String> arguments = new ArrayList<>(List.of(more));
        arguments.addAll(List.of("--out", directory.resolve(output).toString()));
        assertThat(run(errors, arguments)).as(errors.toString()).isZero();
        List<JsonNode> cells = new ArrayList<>();
        ObjectMapper mapper = new ObjectMapper();
        for (String line : Files.readAllLines(directory.resolve(output).resolve("bench.jsonl"))) {
            JsonNode cell = mapper.readTree(line);
            assertThat(cell.get("total_outputs").asInt()).isEqualTo(3);
            assertThat(cell.get("equal_outputs").asInt()).as(line).isEqualTo(3);
            cells.add(cell);
        }
        return cells;
    }

    private String errors(String... more) {
        StringWriter errors = new StringWriter();
        assertThat(run(errors, List.of(more))).isOne();
        return errors.toString();
    }

    private int run(StringWriter errors, List<String> more) {
        List<String> arguments =
                new ArrayList<>(
                        List.of(
                                "bench",
                                "--model",
                                TinyModels.model(MODEL).toString(),
                                "--datastore",
                                datastore.toString(),
                                "--questions",
                                questions.toString(),
                                "--requests",
                                "3",
                                "--warmup",
                                "1",
                                "--max-tokens",
                                "24",
                                "--lambda",
                                "0.5",
                                "--knn-temperature",
                                "50",
                                "--successors",
                                "4"));
        if (!more.contains("--mode")) {
            arguments.addAll(List.of("--mode", "knn-lm"));
        }
        arguments.addAll(more);
        return Ralmspec.commandLine()
                .setErr(new PrintWriter(errors))
                .execute(arguments.toArray(String[]::new));
    }
}
