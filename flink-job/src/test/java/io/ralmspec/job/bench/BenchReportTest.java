package io.ralmspec.job.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

class BenchReportTest {
    private static final List<CellResult> RESULTS =
            List.of(
                    result("baseline", "baseline", "library", 0.4, 1.0, null, 10, 0),
                    result("model-only", "model-only", "library", 0.1, 4.0, null, 10, 0),
                    result("speculative", "PSA", "library", 0.16, 2.5, 0.875, 10, 0));

    @TempDir Path directory;

    private static CellResult result(
            String mode,
            String policy,
            String engine,
            double seconds,
            double speedup,
            Double acceptance,
            int equal,
            int askedWithGold) {
        return new CellResult(
                "exact",
                null,
                mode,
                policy,
                "",
                engine,
                false,
                1,
                10,
                640,
                seconds,
                2 * seconds,
                3 * seconds,
                seconds,
                0.9 * seconds,
                64 / seconds,
                160,
                160,
                160,
                16,
                16,
                acceptance,
                equal,
                10,
                askedWithGold - askedWithGold / 3,
                askedWithGold,
                speedup,
                speedup,
                null,
                0,
                0,
                0,
                0,
                0,
                0.02,
                0.005,
                4.0);
    }

    @Test
    void theTableShowsOneLinePerCell() {
        assertThat(new BenchReport(RESULTS).table().replace(System.lineSeparator(), "\n"))
                .isEqualTo(
                        """
                        retriever policy       engine            p50 s    p95 s   mean s tokens/s   calls   steps   right     equal  speed-up
                        exact     baseline     library           0.400    0.800    0.400    160.0    16.0    16.0       -     10/10     1.00x
                        exact     model-only   library           0.100    0.200    0.100    640.0    16.0    16.0       -     10/10     4.00x
                        exact     PSA          library           0.160    0.320    0.160    400.0    16.0    16.0    88 %     10/10     2.50x
                        """);
    }

    @Test
    void whereRightAnswersAreKnownTheTableCountsThem() {
        CellResult known = result("baseline", "baseline", "library", 0.4, 1, null, 10, 10);
        String[] lines = new BenchReport(List.of(known)).table().split("\\R");
        assertThat(lines[0]).endsWith("    equal      gold  speed-up");
        assertThat(lines[1]).endsWith("    10/10      7/10     1.00x");
    }

    @Test
    void linesHaveTheNamedFields() throws Exception {
        String[] lines = new BenchReport(RESULTS).lines().split("\n");
        assertThat(lines).hasSize(3);
        JsonNode cell = new ObjectMapper().readTree(lines[2]);
        assertThat(cell.fieldNames())
                .toIterable()
                .containsExactly(
                        "retriever",
                        "neighbours",
                        "mode",
                        "policies",
                        "settings",
                        "engine",
                        "computed",
                        "concurrency",
                        "requests",
                        "tokens",
                        "seconds_p50",
                        "seconds_p95",
                        "seconds_p99",
                        "seconds_mean",
                        "session_seconds_mean",
                        "tokens_per_second",
                        "retrieval_calls",
                        "retrieval_queries",
                        "model_steps",
                        "calls_per_request",
                        "steps_per_request",
                        "acceptance",
                        "equal_outputs",
                        "total_outputs",
                        "gold_outputs",
                        "asked_with_gold",
                        "speedup",
                        "throughput_ratio",
                        "retrieval_searches",
                        "rolled_back_tokens",
                        "redrafted_steps",
                        "unchanged_steps",
                        "recovered_tokens",
                        "cancelled_steps",
                        "retrieval_seconds_mean",
                        "step_seconds_mean",
                        "b_over_a");
        assertThat(cell.get("speedup").asDouble()).isEqualTo(2.5);
    }

    @Test
    void theChartHasABarPerCellAsLongAsItsSpeedUpButCutsALongerFloor() throws Exception {
        String svg = SpeedupChart.svg(RESULTS);
        Document document =
                DocumentBuilderFactory.newInstance()
                        .newDocumentBuilder()
                        .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
        NodeList rectangles = document.getElementsByTagName("rect");
        // The first is the background.
        assertThat(rectangles.getLength()).isEqualTo(1 + 3);
        double baseline = width(rectangles, 1);
        assertThat(width(rectangles, 3) / baseline).isCloseTo(2.5, withinPercentage(1));
        assertThat(width(rectangles, 2)).isEqualTo(width(rectangles, 3));
        assertThat(svg)
                .contains(">\u2026 4.00\u00d7<", ">PSA<", ">2.50\u00d7<", ">exact, library<");
    }

    private static double width(NodeList rectangles, int index) {
        return Double.parseDouble(((Element) rectangles.item(index)).getAttribute("width"));
    }

    @Test
    void notesGiveTheRatioOfCallAndStepAndWhatFlinkAdds() {
        List<CellResult> both =
                List.of(
                        RESULTS.get(0),
                        result("baseline", "baseline", "flink", 0.42, 1, null, 10, 0));
        assertThat(new BenchReport(both).notes())
                .contains("exact, library: a call costs 4.00 steps (b/a).")
                .contains("exact, baseline: Flink and Kafka add 20.0 ms per request (1.050x");
    }

    @Test
    void filesHoldTheCellsAndTheMachineInWords() throws Exception {
        new BenchReport(RESULTS)
                .write(directory, JsonNodeFactory.instance.objectNode().put("x", 1));
        JsonNode report = new ObjectMapper().readTree(directory.resolve("bench.json").toFile());
        assertThat(report.get("cells")).hasSize(3);
        assertThat(report.get("x").asInt()).isOne();
        assertThat(report.get("machine").get("cores").asInt())
                .isEqualTo(Runtime.getRuntime().availableProcessors());
        assertThat(Files.readAllLines(directory.resolve("bench.jsonl"))).hasSize(3);
        assertThat(directory.resolve("speedup.svg")).isNotEmptyFile();
    }

    @Test
    void oneDifferentAnswerIsNotAllEqual() {
        assertThat(new BenchReport(RESULTS).allEqual()).isTrue();
        assertThat(
                        new BenchReport(
                                        List.of(
                                                RESULTS.get(0),
                                                result(
                                                        "speculative",
                                                        "P",
                                                        "library",
                                                        0.1,
                                                        4,
                                                        0.5,
                                                        9,
                                                        0)))
                                .allEqual())
                .isFalse();
        assertThat(new BenchReport(List.of()).allEqual()).isFalse();
    }
}
