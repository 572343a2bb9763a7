package io.ralmspec.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.KnnParameters;
import io.ralmspec.decoding.RequestDefaults;
import io.ralmspec.decoding.RequestLimits;
import io.ralmspec.decoding.RetrievalParameters;
import io.ralmspec.decoding.RetrievalScheme;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.SpeculationPolicy;
import io.ralmspec.decoding.StrideRule;
import io.ralmspec.decoding.StrideSettings;
import io.ralmspec.kafka.RequestParser;
import io.ralmspec.streaming.OperatorOptions;
import java.util.HashMap;
import java.util.Map;
import org.apache.flink.configuration.Configuration;
import org.junit.jupiter.api.Test;

class JobSettingsTest {
    @Test
    void withoutOptionsTheJobDoesWhatTheCodeShips() {
        Configuration options = options(Map.of());

        assertThat(JobSettings.defaults(options)).isEqualTo(RequestDefaults.STANDARD);
        assertThat(JobSettings.operators(options)).isEqualTo(OperatorOptions.DEFAULT);
        // Two limits follow from other options.
        assertThat(JobSettings.limits(options).maxSpeculationStride())
                .isEqualTo(StrideSettings.DEFAULT.maxStride());
        assertThat(JobSettings.limits(options).maxPrefetch()).isEqualTo(128);
        assertThat(JobSettings.limits(options).maxTokens())
                .isEqualTo(RequestLimits.DEFAULT.maxTokens());
    }

    @Test
    void everyPolicyOptionArrives() {
        Configuration options =
                options(
                        Map.ofEntries(
                                Map.entry("retrieval.retriever", "bm25"),
                                Map.entry("retrieval.mode", "baseline"),
                                Map.entry("retrieval.scheme", "flare"),
                                Map.entry("retrieval.confidence", "0.35"),
                                Map.entry("retrieval.stride", "2"),
                                Map.entry("retrieval.query-tokens", "16"),
                                Map.entry("speculation.stride", "7"),
                                Map.entry("speculation.prefetch", "9"),
                                Map.entry("speculation.async", "false"),
                                Map.entry("speculation.recovery", "false"),
                                Map.entry("speculation.graph", "false"),
                                Map.entry("speculation.max-stride", "11"),
                                Map.entry("speculation.gamma-max", "0.6"),
                                Map.entry("speculation.window", "13")));

        assertThat(JobSettings.defaults(options).retrieval())
                .isEqualTo(
                        new RetrievalParameters(
                                RetrieverKind.BM25,
                                DecodingMode.BASELINE,
                                RetrievalScheme.FLARE,
                                0.35,
                                2,
                                16,
                                SpeculationPolicy.fixed(7, 9)));
        assertThat(JobSettings.operators(options).strides())
                .isEqualTo(new StrideSettings(11, 0.6, 13));
        assertThat(JobSettings.limits(options).maxSpeculationStride()).isEqualTo(11);
    }

    @Test
    void everyOptionOfKnnLmArrives() {
        Configuration options =
                options(
                        Map.ofEntries(
                                Map.entry("datastore.directory", "datastore"),
                                Map.entry("retrieval.retriever", "hnsw"),
                                Map.entry("retrieval.mode", "knn-lm"),
                                Map.entry("knn.lambda", "0.5"),
                                Map.entry("knn.temperature", "20.5"),
                                Map.entry("knn.k", "8"),
                                Map.entry("knn.successors", "0"),
                                Map.entry("knn.prefetch", "4"),
                                Map.entry("knn.cache-entries", "100")));

        assertThat(JobSettings.defaults(options).retrieval())
                .isEqualTo(
                        RequestDefaults.STANDARD
                                .retrieval()
                                .with(RetrieverKind.HNSW)
                                .with(DecodingMode.KNN_LM)
                                .with(new KnnParameters(0.5, 20.5, 8, 0, 4, 100)));
        assertThat(JobSettings.limits(options).allows(DecodingMode.KNN_LM)).isTrue();
        assertThat(JobSettings.limits(options(Map.of())).allows(DecodingMode.KNN_LM)).isFalse();
    }

    @Test
    void flagsCanBeTurnedOnAndRulesNamed() {
        assertThat(
                        JobSettings.defaults(options(Map.of("speculation.stride", "continuous")))
                                .retrieval()
                                .speculation())
                .extracting(
                        SpeculationPolicy::rule,
                        SpeculationPolicy::async,
                        SpeculationPolicy::recovery,
                        SpeculationPolicy::graph)
                .containsExactly(StrideRule.CONTINUOUS, true, true, true);
    }

    @Test
    void theSmallestLargestStrideStillMakesAParser() {
        Configuration options = options(Map.of("speculation.max-stride", "1"));

        assertThat(new RequestParser(JobSettings.limits(options), JobSettings.defaults(options)))
                .isNotNull();
    }

    private static Configuration options(Map<String, String> more) {
        Map<String, String> values = new HashMap<>(ScriptedServing.OPTIONS);
        values.put(JobOptions.BOOTSTRAP_SERVERS.key(), "localhost:9092");
        more.forEach((name, value) -> values.put("ralmspec." + name, value));
        return OptionsReader.checked(values);
    }
}
