package io.ralmspec.job.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Results as JSON lines to keep, as a table to read, and as a chart to show. */
public final class BenchReport {
    private static final ObjectMapper JSON = new ObjectMapper();

    public static final BenchReport EMPTY = new BenchReport(List.of());

    private final List<CellResult> results;

    BenchReport(List<CellResult> results) {
        this.results = List.copyOf(results);
    }

    List<CellResult> results() {
        return results;
    }

    /** One JSON object per line and cell. */
    String lines() {
        StringBuilder text = new StringBuilder();
        try {
            for (CellResult result : results) {
                text.append(JSON.writeValueAsString(result)).append('\n');
            }
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a result must be writable as JSON", e);
        }
        return text.toString();
    }

    /** These and others. */
    public BenchReport and(BenchReport others) {
        List<CellResult> all = new ArrayList<>(results);
        all.addAll(others.results);
        return new BenchReport(all);
    }

    /** Fixed-width text; calls and steps are per request. */
    public String table() {
        int names = results.stream().mapToInt(r -> r.policies().length()).max().orElse(0);
        boolean several = results.stream().mapToInt(CellResult::concurrency).distinct().count() > 1;
        boolean neighbours = results.stream().anyMatch(r -> r.neighbours() != null);
        boolean gold = results.stream().anyMatch(r -> r.askedWithGold() > 0);
        String format =
                (several ? "%4s " : "%s")
                        + "%-9s "
                        + (neighbours ? "%5s " : "%s")
                        + "%-"
                        + Math.max(12, names)
                        + "s %-14s %8s %8s %8s %8s %7s %7s %7s"
                        + " %9s"
                        + (gold ? " %9s" : "%s")
                        + " %9s"
                        + (several ? " %10s%n" : "%s%n");
        StringBuilder text = new StringBuilder();
        text.append(
                format.formatted(
                        several ? "at" : "",
                        "retriever",
                        neighbours ? "k" : "",
                        "policy",
                        "engine",
                        "p50 s",
                        "p95 s",
                        "mean s",
                        "tokens/s",
                        "calls",
                        "steps",
                        "right",
                        "equal",
                        gold ? "gold" : "",
                        "speed-up",
                        several ? "throughput" : ""));
        for (CellResult r : results) {
            Double acceptance = r.acceptance();
            text.append(
                    format.formatted(
                            several ? r.concurrency() : "",
                            r.retriever(),
                            r.neighbours() == null ? "" : r.neighbours(),
                            r.policies(),
                            r.engine(),
                            number("%.3f", r.secondsP50()),
                            number("%.3f", r.secondsP95()),
                            number("%.3f", r.secondsMean()),
                            number("%.1f", r.tokensPerSecond()),
                            number("%.1f", r.callsPerRequest()),
                            number("%.1f", r.stepsPerRequest()),
                            acceptance == null ? "-" : number("%.0f %%", 100 * acceptance),
                            r.equalOutputs() + "/" + r.totalOutputs(),
                            gold ? r.goldOutputs() + "/" + r.askedWithGold() : "",
                            number("%.2fx", r.speedup()),
                            several ? number("%.2fx", r.throughputRatio()) : ""));
        }
        return text.toString();
    }

    /** What the numbers rest on, a line each. */
    public String notes() {
        StringBuilder text = new StringBuilder();
        for (CellResult r : results) {
            Double ratio = r.bOverA();
            if (r.baseline() && ratio != null) {
                text.append(
                        String.format(
                                Locale.ROOT,
                                "%s, %s: a call costs %.2f steps (b/a).%n",
                                r.load(),
                                r.engine(),
                                ratio));
            }
            library(r)
                    .ifPresent(
                            library ->
                                    text.append(
                                            String.format(
                                                    Locale.ROOT,
                                                    "%s, %s: Flink and Kafka add %.1f ms per"
                                                        + " request (%.3fx the library's time).%n",
                                                    r.load(),
                                                    r.policies(),
                                                    1000
                                                            * (r.secondsMean()
                                                                    - library.secondsMean()),
                                                    r.secondsMean() / library.secondsMean())));
        }
        if (results.stream().anyMatch(CellResult::computed)) {
            text.append(
                    "Seconds are computed from the paper's costs per step and call, not measured;"
                            + " calls of exact and bm25 cost the same for any number of queries,"
                            + " which the paper says of fewer than 10.\n");
        }
        return text.toString();
    }

    /** The same cell in the library engine, if this one is Flink's. */
    private Optional<CellResult> library(CellResult flink) {
        return results.stream()
                .filter(r -> flink.engine().equals("flink") && r.engine().equals("library"))
                .filter(r -> r.load().equals(flink.load()))
                .filter(r -> r.policies().equals(flink.policies()))
                .findFirst();
    }

    public boolean allEqual() {
        return !results.isEmpty() && results.stream().allMatch(CellResult::allEqual);
    }

    /**
     * Writes {@code bench.jsonl}, {@code bench.json} and {@code speedup.svg}.
     *
     * @param about what else is worth knowing, for {@code bench.json}; the machine is added
     */
    public void write(Path directory, ObjectNode about) throws IOException {
        Files.createDirectories(directory);
        Files.writeString(directory.resolve("bench.jsonl"), lines());
        ObjectNode report = about.deepCopy();
        report.set("machine", Host.describe());
        report.set("cells", JSON.valueToTree(results));
        JSON.writer(SerializationFeature.INDENT_OUTPUT)
                .writeValue(directory.resolve("bench.json").toFile(), report);
        Files.writeString(directory.resolve("speedup.svg"), SpeedupChart.svg(results));
    }

    private static String number(String format, double value) {
        return String.format(Locale.ROOT, format, value);
    }
}
