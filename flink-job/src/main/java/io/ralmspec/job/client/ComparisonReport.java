package io.ralmspec.job.client;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ralmspec.decoding.KnnParameters;
import io.ralmspec.decoding.RetrievalParameters;
import io.ralmspec.decoding.SpeculationPolicy;
import io.ralmspec.job.SpeculationStride;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A comparison as a table to read and as JSON to keep. */
public final class ComparisonReport {
    private static final ObjectMapper MAPPER =
            new ObjectMapper()
                    .enable(SerializationFeature.INDENT_OUTPUT)
                    .setSerializationInclusion(JsonInclude.Include.NON_NULL);

    private ComparisonReport() {}

    /** Fixed-width text; the speed-up is the baseline's seconds over the row's. */
    public static String table(List<ComparisonRow> rows) {
        StringBuilder text = new StringBuilder();
        String format = "%-9s %-15s %9s %7s %9s %9s %8s %9s %10s %8s%n";
        text.append(
                format.formatted(
                        "retriever",
                        "mode",
                        "answered",
                        "equal",
                        "kb calls",
                        "lm steps",
                        "tokens",
                        "seconds",
                        "acceptance",
                        "speed-up"));
        for (ComparisonRow row : rows) {
            text.append(
                    format.formatted(
                            row.retriever().wireName(),
                            row.mode().wireName(),
                            row.answered() + "/" + row.asked(),
                            row.equalOutputs() + "/" + row.asked(),
                            row.retrievalCalls(),
                            row.modelSteps(),
                            row.tokens(),
                            "%.2f".formatted(row.seconds()),
                            row.mode().speculative() ? "%.2f".formatted(row.acceptance()) : "-",
                            "%.2fx".formatted(baselineSeconds(rows, row) / row.seconds())));
        }
        return text.toString();
    }

    /** Writes {@code {"rows": [...]}}, with what else is worth knowing beside it. */
    public static void write(Path file, List<ComparisonRow> rows, ObjectNode about)
            throws IOException {
        ObjectNode report = MAPPER.createObjectNode();
        report.setAll(about);
        ArrayNode array = report.putArray("rows");
        for (ComparisonRow row : rows) {
            ObjectNode node = MAPPER.valueToTree(row);
            node.put("retriever", row.retriever().wireName());
            node.put("mode", row.mode().wireName());
            node.put("speedup", baselineSeconds(rows, row) / row.seconds());
            array.add(node);
        }
        Path parent = file.toAbsolutePath().getParent();
        if (parent != null) {
            Files.createDirectories(parent);
        }
        MAPPER.writeValue(file.toFile(), report);
    }

    /** How the requests retrieved, for {@link #write}. */
    public static void describe(RetrievalParameters retrieval, ObjectNode about) {
        SpeculationPolicy speculation = retrieval.speculation();
        about.put("mode", retrieval.mode().wireName());
        about.put("speculation_stride", SpeculationStride.of(speculation).toString());
        about.put("async", speculation.async());
        if (retrieval.mode().neighbours()) {
            KnnParameters knn = retrieval.knn();
            about.put("lambda", knn.lambda());
            about.put("knn_temperature", knn.temperature());
            about.put("neighbours", knn.neighbours());
            about.put("successors", knn.successors());
            about.put("knn_prefetch", knn.prefetch());
            about.put("cache_entries", knn.cacheEntries());
        } else {
            about.put("stride", retrieval.stride());
            about.put("scheme", retrieval.scheme().wireName());
            about.put("confidence", retrieval.confidence());
            about.put("prefetch", speculation.prefetch());
            about.put("recovery", speculation.recovery());
            about.put("graph", speculation.graph());
        }
    }

    private static double baselineSeconds(List<ComparisonRow> rows, ComparisonRow row) {
        return rows.stream()
                .filter(other -> other.retriever() == row.retriever())
                .filter(other -> other.mode() == row.mode().baseline())
                .mapToDouble(ComparisonRow::seconds)
                .findFirst()
                .orElse(Double.NaN);
    }
}
