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

/** The benchmark as a user runs it, on a small real model. */
class BenchCommandITCase {
    @TempDir Path directory;
    private Path index;
    private Path questions;

    @BeforeEach
    void buildAnIndex() throws IOException {
        index = TinyModels.index(directory, 150, RetrieverKind.values());
        questions =
                Files.writeString(
                        directory.resolve("questions.jsonl"),
                        """
                        {"question": "where is the lighthouse"}
                        {"question": "who plays the violin"}
                        {"question": "what does the otter eat"}
                        {"question": "how old is the glacier"}
                        """);
    }

    @Test
    void everyPolicyGivesTheBaselinesAnswersInThisProcess() throws Exception {
        List<JsonNode> cells =
                bench("library", "--policies", "spec,PSA,PSA+recovery,continuous+recovery,default");
        // Per retriever: the baseline, five policies, and the model alone.
        assertThat(cells).hasSize(3 * 7);
        for (JsonNode cell : cells) {
            assertThat(cell.get("engine").asText()).isEqualTo("library");
            assertThat(cell.get("computed").asBoolean()).isFalse();
            assertThat(cell.get("seconds_mean").asDouble()).isPositive();
        }
        JsonNode baseline = cells.getFirst();
        assertThat(baseline.get("policies").asText()).isEqualTo("baseline");
        assertThat(cells.get(1).get("retrieval_calls").asInt())
                .isPositive()
                .isLessThan(baseline.get("retrieval_calls").asInt());
        assertThat(directory.resolve("library").resolve("speedup.svg")).isNotEmptyFile();
        JsonNode report =
                new ObjectMapper()
                        .readTree(directory.resolve("library").resolve("bench.json").toFile());
        assertThat(report.get("command").get(0).asText()).isEqualTo("bench");
        assertThat(report.get("machine").get("cores").asInt()).isPositive();
    }

    @Test
    void thePapersCostsGiveTheSameNumbersEveryTime() throws Exception {
        List<JsonNode> first = bench("first", "--paper-costs", "gpt2");
        assertThat(bench("second", "--paper-costs", "gpt2")).isEqualTo(first);
        JsonNode exact = first.getFirst();
        assertThat(exact.get("computed").asBoolean()).isTrue();
        // One call of 4.37 s per step of 0.1 s.
        assertThat(exact.get("b_over_a").asDouble()).isBetween(43.7, 60.0);
        assertThat(first.get(1).get("speedup").asDouble()).isGreaterThan(1);
    }

    @Test
    void theJobGivesTheLibrarysAnswersAtAnyConcurrency() throws Exception {
        List<JsonNode> cells =
                bench(
                        "both",
                        "--engine",
                        "both",
                        "--retriever",
                        "exact",
                        "--policies",
                        "PSA+recovery",
                        "--concurrency",
                        "2",
                        "--pad-vectors",
                        "5000");
        assertThat(cells)
                .extracting(
                        cell -> cell.get("engine").asText() + " " + cell.get("policies").asText())
                .containsExactly(
                        "library baseline",
                        "library PSA+recovery",
                        "library model-only",
                        "flink baseline",
                        "flink PSA+recovery");
    }

    @Test
    void callsOfSeveralRequestsShareSearchesUnlessKeptApart() throws Exception {
        List<JsonNode> cells =
                bench(
                        "merging",
                        "--engine",
                        "merging",
                        "--retriever",
                        "exact",
                        "--policies",
                        "spec",
                        "--concurrency",
                        "3",
                        "--pad-vectors",
                        "200000");
        assertThat(cells)
                .extracting(
                        cell -> cell.get("engine").asText() + " " + cell.get("policies").asText())
                .containsExactly(
                        "library baseline",
                        "library spec",
                        "library model-only",
                        "apart baseline",
                        "apart spec",
                        "apart model-only");
        JsonNode merged = cells.getFirst();
        assertThat(merged.get("retrieval_searches").asInt())
                .isLessThan(merged.get("retrieval_calls").asInt());
        for (JsonNode apart : cells.subList(3, 5)) {
            assertThat(apart.get("retrieval_searches")).isEqualTo(apart.get("retrieval_calls"));
        }
    }

    @Test
    void argumentsThatMeasureNothingAreNamed() throws Exception {
        assertThat(errors("--engine", "cluster"))
                .contains("--engine must be library, flink, both or merging (got cluster)");
        assertThat(errors("--engine", "merging", "--mode", "knn-lm"))
                .contains("--mode knn-lm must come without --engine merging");
        assertThat(errors("--requests", "9"))
                .contains("--questions must hold at least --warmup + --requests = 10 (got 4)");
        assertThat(errors("--policies", "fast")).contains("--policies").contains("(got fast)");
        assertThat(errors("--paper-costs", "gpt5")).contains("--paper-costs must be gpt2");
        assertThat(errors("--paper-costs", "gpt2", "--pad-vectors", "3"))
                .contains("--paper-costs must come without");
        assertThat(errors("--scheme", "never")).contains("--scheme must be every-stride");
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
                                TinyModels.model("llama-shared").toString(),
                                "--encoder",
                                TinyModels.encoder().toString(),
                                "--index",
                                index.toString(),
                                "--questions",
                                questions.toString(),
                                "--warmup",
                                "1",
                                "--max-tokens",
                                "24"));
        if (!more.contains("--requests")) {
            arguments.addAll(List.of("--requests", "3"));
        }
        arguments.addAll(more);
        return Ralmspec.commandLine()
                .setErr(new PrintWriter(errors))
                .execute(arguments.toArray(String[]::new));
    }
}
