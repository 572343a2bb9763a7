package io.ralmspec.job.load;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ralmspec.job.bench.Host;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Results as JSON lines to keep, as a table to read, and in words. */
public final class LoadReport {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** A generator this late, in seconds, is part of what it measures. */
    private static final double LATE = 0.05;

    private final List<LoadResult> results;

    LoadReport(List<LoadResult> results) {
        this.results = List.copyOf(results);
    }

    List<LoadResult> results() {
        return results;
    }

    /** Fixed-width text; seconds, and calls and steps per request. */
    public String table() {
        int names = results.stream().mapToInt(r -> r.policies().length()).max().orElse(0);
        String row =
                "%-"
                        + Math.max(8, names)
                        + "s %8s %8s %9s %8s %8s %8s %8s %9s %9s %7s %7s %9s %9s%n";
        StringBuilder text = new StringBuilder();
        text.append(
                row.formatted(
                        "policy",
                        "offered",
                        "answered",
                        "tokens/s",
                        "p50 s",
                        "p95 s",
                        "p99 s",
                        "max s",
                        "first p50",
                        "first p99",
                        "calls",
                        "steps",
                        "p99 ratio",
                        "equal"));
        for (LoadResult r : results) {
            LoadResult.Spread latency = r.latency();
            text.append(
                    row.formatted(
                            r.policies(),
                            number("%.2f/s", r.offeredRate()),
                            number("%.2f/s", r.achievedRate()),
                            number("%.1f", r.tokensPerSecond()),
                            number("%.3f", latency.p50()),
                            number("%.3f", latency.p95()),
                            number("%.3f", latency.p99()),
                            number("%.3f", latency.max()),
                            number("%.3f", r.firstToken().p50()),
                            number("%.3f", r.firstToken().p99()),
                            number("%.1f", r.callsPerRequest()),
                            number("%.1f", r.stepsPerRequest()),
                            ratio(r.latencyP99Ratio()),
                            r.equal() + "/" + r.compared()));
        }
        return text.toString();
    }

    /** What the numbers rest on, and what went wrong. */
    public String notes() {
        StringBuilder text = new StringBuilder();
        LoadResult first = results.getFirst();
        if (first.capacity() != null) {
            add(
                    text,
                    "Capacity, measured with %s: %.2f requests/s; offered: %.0f %% of it.",
                    first.policies(),
                    first.capacity(),
                    100 * first.offeredRate() / first.capacity());
        }
        text.append("Latency counts from the intended arrival, whenever the request was sent.\n");
        text.append(
                first.firstTokenSource().equals("answer")
                        ? "First token: from the answers' own timings, all time outside the job"
                                + " counted before it (--stream measures it here).\n"
                        : "First token: the first streamed text as it arrived here.\n");
        results.forEach(result -> note(text, result));
        return text.toString();
    }

    private static void note(StringBuilder text, LoadResult r) {
        add(
                text,
                "%s: %.1f outstanding on average, %d at most; per answer %.3f s in the model,"
                        + " %.3f s in the knowledge base, %.3f s in the job's queue, %.3f s outside"
                        + " the job (waiting included).",
                r.policies(),
                r.outstandingMean(),
                r.outstandingMax(),
                r.generationSecondsMean(),
                r.retrievalSecondsMean(),
                r.queueSecondsMean(),
                r.outsideSecondsMean());
        if (r.refused() + r.timedOut() + r.errorCount() > 0) {
            add(
                    text,
                    "%s: of %d requests %d were answered, %d refused (--max-outstanding), %d given"
                            + " up (--timeout; counted as that long), %d failed %s.",
                    r.policies(),
                    r.arrivals(),
                    r.answered(),
                    r.refused(),
                    r.timedOut(),
                    r.errorCount(),
                    r.errors());
        }
        if (r.overloaded()) {
            add(
                    text,
                    "%s: THE OFFERED RATE WAS ABOVE CAPACITY: %.2f/s were offered, %.2f/s answered,"
                        + " and requests piled up (%d outstanding at most). Latencies are those of"
                        + " a queue that grows, and depend on --duration.",
                    r.policies(),
                    r.offeredRate(),
                    r.achievedRate(),
                    r.outstandingMax());
        }
        if (r.sendDelayP99() > LATE) {
            add(
                    text,
                    "%s: the generator itself was late (p99 %.3f s from intended arrival to"
                            + " sending): it needs more of the machine.",
                    r.policies(),
                    r.sendDelayP99());
        }
    }

    /** Whether every policy was answered, and gave what the first gave. */
    public boolean good() {
        return results.stream().allMatch(r -> r.compared() > 0 && r.allEqual());
    }

    /** Requests that two policies answered differently. */
    public int different() {
        return results.stream().mapToInt(r -> r.compared() - r.equal()).sum();
    }

    /**
     * Writes {@code load.jsonl} and {@code load.json}.
     *
     * @param about what else is worth knowing, for {@code load.json}; the machine is added
     */
    public void write(Path directory, ObjectNode about) throws IOException {
        Files.createDirectories(directory);
        Files.writeString(directory.resolve("load.jsonl"), lines());
        ObjectNode report = about.deepCopy();
        report.set("machine", Host.describe());
        report.set("policies", JSON.valueToTree(results));
        JSON.writer(SerializationFeature.INDENT_OUTPUT)
                .writeValue(directory.resolve("load.json").toFile(), report);
    }

    /** One JSON object per line and policy. */
    String lines() {
        StringBuilder text = new StringBuilder();
        try {
            for (LoadResult result : results) {
                text.append(JSON.writeValueAsString(result)).append('\n');
            }
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a result must be writable as JSON", e);
        }
        return text.toString();
    }

    private static void add(StringBuilder text, String format, Object... values) {
        text.append(String.format(Locale.ROOT, format, values)).append('\n');
    }

    private static String ratio(@Nullable Double value) {
        return value == null ? "-" : number("%.2fx", value);
    }

    private static String number(String format, double value) {
        return String.format(Locale.ROOT, format, value);
    }
}
