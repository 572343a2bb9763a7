package io.ralmspec.job.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.KnnParameters;
import io.ralmspec.decoding.RequestDefaults;
import io.ralmspec.decoding.RetrievalParameters;
import io.ralmspec.decoding.RetrieverKind;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ComparisonReportTest {
    private static final RetrievalParameters STANDARD = RequestDefaults.STANDARD.retrieval();
    private static final List<ComparisonRow> ROWS =
            List.of(
                    row(DecodingMode.KNN_LM_BASELINE, 8, 0),
                    row(DecodingMode.KNN_LM, 2, 20),
                    row(DecodingMode.BASELINE, 3, 0),
                    row(DecodingMode.SPECULATIVE, 1.5, 10));

    @Test
    void aModeIsComparedWithItsOwnBaseline() {
        List<String> lines = ComparisonReport.table(ROWS).lines().toList();

        assertThat(lines.get(1)).matches("exact +knn-lm-baseline .* - +1\\.00x");
        assertThat(lines.get(2)).matches("exact +knn-lm .* 0\\.50 +4\\.00x");
        assertThat(lines.get(3)).matches("exact +baseline .* - +1\\.00x");
        assertThat(lines.get(4)).matches("exact +speculative .* 1\\.00 +2\\.00x");
        assertThat(lines).allSatisfy(line -> assertThat(line).hasSameSizeAs(lines.getFirst()));
    }

    @Test
    void theFileSaysHowItWasRetrieved(@TempDir Path directory) throws Exception {
        RetrievalParameters knn =
                STANDARD.with(DecodingMode.KNN_LM).with(new KnnParameters(0.5, 20, 8, 3, 4, 100));
        JsonNode report = written(directory, knn);

        assertThat(report.path("mode").textValue()).isEqualTo("knn-lm");
        assertThat(report.path("neighbours").intValue()).isEqualTo(8);
        assertThat(report.path("lambda").doubleValue()).isEqualTo(0.5);
        assertThat(report.has("prefetch")).isFalse();
        assertThat(report.at("/rows/1/mode").textValue()).isEqualTo("knn-lm");
        assertThat(report.at("/rows/1/speedup").doubleValue()).isEqualTo(4);
        JsonNode documents = written(directory, STANDARD);
        assertThat(documents.path("mode").textValue()).isEqualTo("speculative");
        assertThat(documents.path("prefetch").intValue()).isEqualTo(128);
        assertThat(documents.has("neighbours")).isFalse();
    }

    private static JsonNode written(Path directory, RetrievalParameters retrieval)
            throws Exception {
        Path file = directory.resolve("report.json");
        ObjectNode about = JsonNodeFactory.instance.objectNode();
        ComparisonReport.describe(retrieval, about);
        ComparisonReport.write(file, ROWS, about);
        return new ObjectMapper().readTree(file.toFile());
    }

    private static ComparisonRow row(DecodingMode mode, double seconds, int guesses) {
        return new ComparisonRow(
                RetrieverKind.EXACT,
                mode,
                1,
                1,
                1,
                5,
                20,
                40,
                40,
                seconds,
                1,
                1,
                guesses,
                10,
                3,
                0);
    }
}
