package io.ralmspec.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.configuration.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OptionsReaderTest {
    private static final List<String> REQUIRED =
            List.of(
                    "-Dralmspec.kafka.bootstrap-servers=localhost:9092",
                    "-Dralmspec.model.directory=model",
                    "-Dralmspec.encoder.directory=encoder",
                    "-Dralmspec.knowledge.directory=index");

    @Test
    void argumentsWinOverTheFileAndTheFileOverDefaults(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("options.yaml");
        Files.writeString(
                file,
                """
                ralmspec:
                  retrieval:
                    stride: 2
                  speculation.stride: 6
                parallelism.default: 3
                """);
        Configuration options = read("--config", file.toString(), "-Dralmspec.retrieval.stride=8");
        assertThat(options.get(JobOptions.DEFAULT_STRIDE)).isEqualTo(8);
        assertThat(options.get(JobOptions.DEFAULT_SPECULATION_STRIDE)).isEqualTo("6");
        assertThat(options.get(JobOptions.DEFAULT_QUERY_TOKENS)).isEqualTo(32);
        assertThat(options.toMap()).containsEntry("parallelism.default", "3");
    }

    @Test
    void anUnknownKeyNamesTheNearestOne() {
        assertThatThrownBy(() -> read("-Dralmspec.retrieval.strid=8"))
                .hasMessage(
                        "`ralmspec.retrieval.strid` is not an option; nearest is"
                                + " `ralmspec.retrieval.stride`");
    }

    @Test
    void whatCannotBeReadIsNamedWithoutSecrets(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("options.yaml");
        String key = "ralmspec.kafka.properties.sasl.jaas.config";
        List<String> bad =
                List.of(
                        "a: 1\n%s: Login password=\"hunter2: b\";".formatted(key),
                        "hunter2",
                        "- hunter2",
                        "%s: \"hunter2".formatted(key),
                        "a: \t@hunter2");
        for (String yaml : bad) {
            Files.writeString(file, yaml);
            assertThatThrownBy(() -> read("--config", file.toString()))
                    .as(yaml)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasNoCause()
                    .hasMessageStartingWith("options file " + file)
                    .hasMessageMatching("(?s).*must be YAML .*at line [12], column \\d+\\)")
                    .hasMessageNotContaining("hunter2");
        }
        assertThatThrownBy(() -> read("--D" + key + "=hunter2"))
                .hasMessage(
                        "arguments must be --config FILE or -Dkey=value (got `--D"
                                + key
                                + "=...`)");
    }

    @Test
    void everyErrorIsReportedAtOnce() {
        assertThatThrownBy(
                        () ->
                                OptionsReader.read(
                                        List.of(
                                                "-Dralmspec.retrieval.stride=0",
                                                "-Dralmspec.request.max-tokens=many")))
                .hasMessageContaining("`ralmspec.retrieval.stride` must be in [1, 64] (got 0)")
                .hasMessageContaining(
                        "`ralmspec.request.max-tokens` must be in [1, 65536] (got many)")
                .hasMessageContaining("`ralmspec.kafka.bootstrap-servers` must be set")
                .hasMessageContaining("`ralmspec.model.directory` must be set");
    }

    @Test
    void everyPolicyOptionHasItsRange() {
        String strides = " must be in [1, 64], os3 or continuous (got %s)";
        for (String stride : List.of("0", "65", "-1", "1.5", "fixed", "OS3", "9999999999", "")) {
            assertRefused("speculation.stride", stride, strides.formatted(stride));
        }
        assertRefused("speculation.prefetch", "257", " must be in [1, 256] (got 257)");
        assertRefused("speculation.async", "maybe", " must be true or false (got maybe)");
        assertRefused("speculation.recovery", "1", " must be true or false (got 1)");
        assertRefused("speculation.graph", "on", " must be true or false (got on)");
        assertRefused("speculation.max-stride", "0", " must be in [1, 64] (got 0)");
        assertRefused("speculation.max-stride", "65", " must be in [1, 64] (got 65)");
        assertRefused("speculation.gamma-max", "1", " must be in (0, 1) (got 1)");
        assertRefused("speculation.gamma-max", "0", " must be in (0, 1) (got 0)");
        assertRefused("speculation.gamma-max", "NaN", " must be in (0, 1) (got NaN)");
        assertRefused("speculation.window", "0", " must be in [1, 1000] (got 0)");
        assertRefused("retrieval.confidence", "1.0", " must be in (0, 1) (got 1.0)");
        assertRefused("retrieval.confidence", "sure", " must be in (0, 1) (got sure)");
        assertRefused(
                "retrieval.scheme",
                "naive",
                " must be every-stride, iter-retgen or flare (got naive)");
    }

    @Test
    void aDefaultStrideBeyondTheLargestIsRefused() {
        assertThatThrownBy(
                        () ->
                                read(
                                        "-Dralmspec.speculation.stride=9",
                                        "-Dralmspec.speculation.max-stride=8"))
                .hasMessage(
                        "`ralmspec.speculation.stride` must be <="
                                + " `ralmspec.speculation.max-stride`, 8 (got 9)");
        // A rule stays below it by itself.
        assertThat(read("-Dralmspec.speculation.max-stride=1")).isNotNull();
    }

    @Test
    void everyOptionOfKnnLmHasItsRange() {
        assertRefused("knn.lambda", "1.1", " must be in [0, 1] (got 1.1)");
        assertRefused("knn.lambda", "NaN", " must be in [0, 1] (got NaN)");
        assertRefused("knn.temperature", "0", " must be in (0, 1000000000] (got 0)");
        assertRefused("knn.temperature", "2e9", " must be in (0, 1000000000] (got 2e9)");
        assertRefused("knn.k", "0", " must be in [1, 1024] (got 0)");
        assertRefused("knn.k", "1025", " must be in [1, 1024] (got 1025)");
        assertRefused("knn.successors", "257", " must be in [0, 256] (got 257)");
        assertRefused("knn.prefetch", "0", " must be in [1, 1024] (got 0)");
        assertRefused("knn.cache-entries", "65537", " must be in [1, 65536] (got 65537)");
        assertRefused("datastore.directory", " ", " must be not empty (got  )");
        assertRefused("datastore.state-memory", "0 b", " must be > 0 bytes (got 0 b)");
        assertRefused(
                "retrieval.mode",
                "knn",
                " must be speculative, baseline, knn-lm or knn-lm-baseline (got knn)");
    }

    @Test
    void aDefaultModeWithNeighboursNeedsWhatHasThem() {
        String mode = "-Dralmspec.retrieval.mode=knn-lm";
        String condition = " where `ralmspec.retrieval.mode` is knn-lm";
        assertThatThrownBy(
                        () ->
                                read(
                                        mode,
                                        "-Dralmspec.retrieval.retriever=bm25",
                                        "-Dralmspec.retrieval.scheme=flare"))
                .hasMessage(
                        "`ralmspec.datastore.directory` must be set%1$s%n"
                                + "`ralmspec.retrieval.retriever` must be exact or hnsw%1$s (got"
                                + " bm25)%n`ralmspec.retrieval.scheme` must be every-stride%1$s"
                                + " (got flare)",
                        condition);
        assertThat(read(mode, "-Dralmspec.datastore.directory=datastore")).isNotNull();
    }

    @Test
    void exactlyOnceNeedsAPrefix() {
        assertThatThrownBy(() -> read("-Dralmspec.kafka.delivery=exactly-once"))
                .hasMessageContaining("`ralmspec.kafka.transactional-id-prefix` must be set");
    }

    @Test
    void kafkaPropertiesPassThrough() {
        assertThat(read("-Dralmspec.kafka.properties.security.protocol=SASL_SSL").toMap())
                .containsEntry("ralmspec.kafka.properties.security.protocol", "SASL_SSL");
    }

    @Test
    void everyDefaultIsInItsRange() {
        for (BoundedOption<?> bounded : JobOptions.all()) {
            assertDefault(bounded);
        }
    }

    private static <T> void assertDefault(BoundedOption<T> bounded) {
        assertThat(bounded.option().key()).startsWith("ralmspec.").matches("[a-z.-]+");
        if (bounded.option().hasDefaultValue()) {
            assertThat(bounded.holds().test(bounded.option().defaultValue()))
                    .as(bounded.option().key())
                    .isTrue();
        }
        assertThat(OptionsReader.description(bounded.option())).endsWith(".");
    }

    private static void assertRefused(String option, String value, String message) {
        assertThatThrownBy(() -> read("-Dralmspec.%s=%s".formatted(option, value)))
                .hasMessage("`ralmspec." + option + "`" + message);
    }

    private static Configuration read(String... arguments) {
        List<String> all = new ArrayList<>(REQUIRED);
        all.addAll(List.of(arguments));
        return OptionsReader.read(all);
    }
}
