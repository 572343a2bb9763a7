package io.ralmspec.kafka;

import static io.ralmspec.kafka.TestRecords.error;
import static io.ralmspec.kafka.TestRecords.origin;
import static io.ralmspec.kafka.TestRecords.parse;
import static io.ralmspec.kafka.TestRecords.request;
import static io.ralmspec.kafka.TestRecords.requestOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.ErrorCode;
import io.ralmspec.decoding.KnnParameters;
import io.ralmspec.decoding.RequestDefaults;
import io.ralmspec.decoding.RequestError;
import io.ralmspec.decoding.RequestLimits;
import io.ralmspec.decoding.RetrievalParameters;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.SpeculationPolicy;
import io.ralmspec.decoding.StrideRule;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A policy or parameters given in part; single fields are in {@link RequestTable}. */
class RetrievalReaderTest {
    @Test
    void readsEveryFieldOfKnnLm() {
        String json =
                request(
                        """
                        "retrieval": {"retriever": "hnsw", "mode": "knn-lm",
                          "knn": {"lambda": 0.5, "temperature": 20, "k": 8, "successors": 3,
                            "prefetch": 4, "cache_entries": 100, "n": 9},
                          "speculation": {"stride": 5, "prefetch": 7, "async": false,
                            "recovery": false, "graph": false}}\
                        """);

        assertThat(requestOf(parse(json)).retrieval())
                .isEqualTo(
                        RetrievalParameters.of(
                                        RetrieverKind.HNSW,
                                        DecodingMode.KNN_LM,
                                        SpeculationPolicy.fixed(5, 7))
                                .with(new KnnParameters(0.5, 20, 8, 3, 4, 100)));
    }

    @Test
    void changesOnlyWhatTheRequestSaysOfThePolicy() {
        SpeculationPolicy standard = RequestDefaults.STANDARD.retrieval().speculation();

        assertThat(policy("\"stride\":7"))
                .isEqualTo(
                        new SpeculationPolicy(
                                StrideRule.FIXED,
                                7,
                                standard.prefetch(),
                                standard.async(),
                                standard.recovery(),
                                standard.graph()));
        assertThat(policy("\"stride\":\"continuous\",\"recovery\":false"))
                .isEqualTo(
                        new SpeculationPolicy(
                                StrideRule.CONTINUOUS,
                                standard.stride(),
                                standard.prefetch(),
                                standard.async(),
                                false,
                                standard.graph()));
        assertThat(policy("\"graph\":false"))
                .isEqualTo(
                        new SpeculationPolicy(
                                standard.rule(),
                                standard.stride(),
                                standard.prefetch(),
                                standard.async(),
                                standard.recovery(),
                                false));
        assertThat(policy("\"stride\":null,\"async\":false"))
                .isEqualTo(
                        new SpeculationPolicy(
                                standard.rule(),
                                standard.stride(),
                                standard.prefetch(),
                                false,
                                standard.recovery(),
                                standard.graph()));
    }

    @Test
    void aRequestCanAskForOs3WhereTheDefaultIsANumber() {
        var parser = new RequestParser(RequestLimits.DEFAULT, RequestDefaults.PAPER);
        String json = request("\"retrieval\":{\"speculation\":{\"stride\":\"os3\"}}");

        assertThat(requestOf(parser.parse(origin(json))).retrieval().speculation())
                .isEqualTo(new SpeculationPolicy(StrideRule.OS3, 3, 1, false, false, false));
        assertThat(requestOf(parser.parse(origin(request("")))).retrieval().speculation())
                .isEqualTo(SpeculationPolicy.PLAIN);
    }

    @Test
    void changesOnlyWhatTheRequestSaysOfTheNeighbours() {
        KnnParameters standard = KnnParameters.DEFAULT;

        assertThat(knn("\"k\":8,\"lambda\":null")).isEqualTo(standard.withNeighbours(8));
        assertThat(knn("\"temperature\":30.5"))
                .isEqualTo(
                        new KnnParameters(
                                standard.lambda(),
                                30.5,
                                standard.neighbours(),
                                standard.successors(),
                                standard.prefetch(),
                                standard.cacheEntries()));
    }

    @Test
    void theDefaultsOfTheJobHoldForTheNeighbours() {
        var knn = new KnnParameters(0.5, 20, 8, 3, 4, 100);
        var defaults =
                new RequestDefaults(
                        10,
                        RequestDefaults.STANDARD
                                .retrieval()
                                .with(DecodingMode.KNN_LM_BASELINE)
                                .with(knn));
        var parser = new RequestParser(RequestLimits.DEFAULT, defaults);

        assertThat(requestOf(parser.parse(origin(request("")))).retrieval())
                .isEqualTo(defaults.retrieval());
        assertThat(error(parser.parse(origin(request("\"retrieval\":{\"retriever\":\"bm25\"}")))))
                .isEqualTo(
                        new RequestError(
                                ErrorCode.INVALID_FIELD,
                                "retrieval.retriever",
                                "`retrieval.retriever` must be exact or hnsw in mode"
                                        + " knn-lm-baseline (got bm25)"));
    }

    @ParameterizedTest
    @EnumSource(DecodingMode.class)
    void withoutADatastoreThereAreNoNeighbours(DecodingMode mode) {
        var limits = RequestLimits.DEFAULT.withDatastore(false);
        var parser = new RequestParser(limits, RequestDefaults.STANDARD);
        Parsed parsed =
                parser.parse(
                        origin(
                                request(
                                        "\"retrieval\":{\"mode\":\"%s\",\"retriever\":\"exact\"}"
                                                .formatted(mode.wireName()))));
        var defaults = new RequestDefaults(10, RequestDefaults.STANDARD.retrieval().with(mode));

        if (!mode.neighbours()) {
            assertThat(requestOf(parsed).retrieval().mode()).isEqualTo(mode);
            assertThat(new RequestParser(limits, defaults)).isNotNull();
            return;
        }
        assertThat(error(parsed))
                .isEqualTo(
                        new RequestError(
                                ErrorCode.INVALID_FIELD,
                                "retrieval.mode",
                                ("`retrieval.mode` must be baseline or speculative in a job without"
                                                + " a datastore (got %s)")
                                        .formatted(mode.wireName())));
        assertThatThrownBy(() -> new RequestParser(limits, defaults))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("must be one without a datastore (got " + mode.wireName());
    }

    private static KnnParameters knn(String members) {
        return requestOf(parse(request("\"retrieval\":{\"knn\":{%s}}".formatted(members))))
                .retrieval()
                .knn();
    }

    private static SpeculationPolicy policy(String members) {
        return requestOf(parse(request("\"retrieval\":{\"speculation\":{%s}}".formatted(members))))
                .retrieval()
                .speculation();
    }
}
