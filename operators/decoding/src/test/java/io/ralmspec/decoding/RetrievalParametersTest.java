package io.ralmspec.decoding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What a way to retrieve may be made of. */
class RetrievalParametersTest {
    private static final RetrievalParameters BASE =
            RetrievalParameters.of(
                    RetrieverKind.EXACT, DecodingMode.SPECULATIVE, SpeculationPolicy.PLAIN);

    @ParameterizedTest
    @CsvSource({
        "BASELINE, baseline, false, false, BASELINE",
        "SPECULATIVE, speculative, true, false, BASELINE",
        "KNN_LM, knn-lm, true, true, KNN_LM_BASELINE",
        "KNN_LM_BASELINE, knn-lm-baseline, false, true, KNN_LM_BASELINE"
    })
    void aModeSaysWhatItIs(
            DecodingMode mode,
            String wireName,
            boolean speculative,
            boolean neighbours,
            DecodingMode baseline) {
        assertThat(mode.wireName()).isEqualTo(wireName);
        assertThat(DecodingMode.ofWireName(wireName)).contains(mode);
        assertThat(BASE.with(mode).speculative()).isEqualTo(speculative);
        assertThat(mode.neighbours()).isEqualTo(neighbours);
        assertThat(mode.baseline()).isEqualTo(baseline);
    }

    /** Bytes of sessions hold them. */
    @Test
    void theOrdinalsOfModesStay() {
        assertThat(DecodingMode.values())
                .startsWith(DecodingMode.BASELINE, DecodingMode.SPECULATIVE);
    }

    @ParameterizedTest
    @EnumSource(DecodingMode.class)
    void neighboursAreNotFoundByWords(DecodingMode mode) {
        if (!mode.neighbours()) {
            assertThat(BASE.with(mode).with(RetrieverKind.BM25).mode()).isEqualTo(mode);
            return;
        }
        assertThat(BASE.with(mode).with(RetrieverKind.HNSW).mode()).isEqualTo(mode);
        assertThatThrownBy(() -> BASE.with(mode).with(RetrieverKind.BM25))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "`retrieval.retriever` must be exact or hnsw in mode %s (got bm25)",
                        mode.wireName());
    }

    @ParameterizedTest
    @EnumSource(RetrievalScheme.class)
    void schemesAreForDocuments(RetrievalScheme scheme) {
        RetrievalParameters documents =
                new RetrievalParameters(
                        RetrieverKind.EXACT,
                        DecodingMode.BASELINE,
                        scheme,
                        0.5,
                        4,
                        32,
                        SpeculationPolicy.PLAIN);
        if (scheme == RetrievalScheme.EVERY_STRIDE) {
            assertThat(documents.with(DecodingMode.KNN_LM).scheme()).isEqualTo(scheme);
            return;
        }
        assertThatThrownBy(() -> documents.with(DecodingMode.KNN_LM))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "`retrieval.scheme` must be every-stride in mode knn-lm (got %s)",
                        scheme.wireName());
    }

    @Test
    void theRestStaysWhenOnePartChanges() {
        KnnParameters knn = new KnnParameters(0.5, 20, 8, 3, 4, 100);
        SpeculationPolicy policy = SpeculationPolicy.fixed(7, 9);
        RetrievalParameters changed =
                BASE.with(knn).with(RetrieverKind.HNSW).with(DecodingMode.KNN_LM).with(policy);
        assertThat(changed)
                .isEqualTo(
                        new RetrievalParameters(
                                RetrieverKind.HNSW,
                                DecodingMode.KNN_LM,
                                RetrievalScheme.EVERY_STRIDE,
                                0.8,
                                4,
                                32,
                                policy,
                                knn));
        assertThat(changed.with(KnnParameters.DEFAULT).with(knn)).isEqualTo(changed);
    }

    @Test
    void knnParametersOutOfRangeAreNamedAsRequestsNameThem() {
        Stream.of(
                        new Refused("lambda", "in [0, 1] (got 1.5)", 1.5, 1, 1, 0, 1, 1),
                        new Refused("lambda", "in [0, 1] (got NaN)", Double.NaN, 1, 1, 0, 1, 1),
                        new Refused(
                                "temperature", "in (0, 1000000000] (got 0.0)", 0, 0, 1, 0, 1, 1),
                        new Refused("k", "in [1, 1024] (got 0)", 0, 1, 0, 0, 1, 1),
                        new Refused("k", "in [1, 1024] (got 1025)", 0, 1, 1025, 0, 1, 1),
                        new Refused("successors", "in [0, 256] (got -1)", 0, 1, 1, -1, 1, 1),
                        new Refused("prefetch", "in [1, 1024] (got 0)", 0, 1, 1, 0, 0, 1),
                        new Refused(
                                "cache_entries",
                                "in [1, 65536] (got 65537)",
                                0,
                                1,
                                1,
                                0,
                                1,
                                65_537))
                .forEach(
                        refused ->
                                assertThatThrownBy(refused::make)
                                        .isInstanceOf(IllegalArgumentException.class)
                                        .hasMessage(
                                                "`retrieval.knn.%s` must be %s",
                                                refused.field, refused.bound));
    }

    private record Refused(
            String field,
            String bound,
            double lambda,
            double temperature,
            int neighbours,
            int successors,
            int prefetch,
            int cacheEntries) {
        KnnParameters make() {
            return new KnnParameters(
                    lambda, temperature, neighbours, successors, prefetch, cacheEntries);
        }
    }
}
