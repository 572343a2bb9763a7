package io.ralmspec.kafka;

import com.fasterxml.jackson.core.JsonParser;
import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.ErrorCode;
import io.ralmspec.decoding.RequestLimits;
import io.ralmspec.decoding.RetrievalParameters;
import io.ralmspec.decoding.RetrievalScheme;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.SpeculationPolicy;
import io.ralmspec.decoding.StrideRule;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/** Reads the fields below {@code retrieval}, for {@link RequestReader}. */
final class RetrievalReader {
    private static final Interval CONFIDENCE = new Interval(0, false, 1, false);
    private static final List<String> RETRIEVERS =
            Arrays.stream(RetrieverKind.values()).map(RetrieverKind::wireName).toList();
    private static final List<String> MODES =
            Arrays.stream(DecodingMode.values()).map(DecodingMode::wireName).toList();
    private static final List<String> WITHOUT_DATASTORE =
            Arrays.stream(DecodingMode.values())
                    .filter(mode -> !mode.neighbours())
                    .map(DecodingMode::wireName)
                    .toList();
    private static final List<String> SCHEMES =
            Arrays.stream(RetrievalScheme.values()).map(RetrievalScheme::wireName).toList();

    /** A fixed stride is a number. */
    private static final List<String> ADAPTIVE_STRIDES =
            Arrays.stream(StrideRule.values())
                    .filter(rule -> rule != StrideRule.FIXED)
                    .map(StrideRule::wireName)
                    .toList();

    private static final String ANY_STRIDE = "an integer, " + String.join(" or ", ADAPTIVE_STRIDES);

    private final JsonParser json;
    private final FieldReader fields;
    private final RequestLimits limits;
    private final KnnReader knn;

    private RetrieverKind retriever;
    private DecodingMode mode;
    private RetrievalScheme scheme;
    private double confidence;
    private int stride;
    private int queryTokens;
    private StrideRule rule;
    private int speculationStride;
    private int prefetch;
    private boolean async;
    private boolean recovery;
    private boolean graph;

    RetrievalReader(
            JsonParser json,
            FieldReader fields,
            RequestLimits limits,
            RetrievalParameters defaults) {
        this.json = json;
        this.fields = fields;
        this.limits = limits;
        this.knn = new KnnReader(fields, defaults.knn());
        this.retriever = defaults.retriever();
        this.mode = defaults.mode();
        this.scheme = defaults.scheme();
        this.confidence = defaults.confidence();
        this.stride = defaults.stride();
        this.queryTokens = defaults.queryTokens();
        SpeculationPolicy speculation = defaults.speculation();
        this.rule = speculation.rule();
        this.speculationStride = speculation.stride();
        this.prefetch = speculation.prefetch();
        this.async = speculation.async();
        this.recovery = speculation.recovery();
        this.graph = speculation.graph();
    }

    /** Whether the field, named by its path, is one of these, and now read. */
    boolean read(String field) throws IOException {
        switch (field) {
            case "retrieval.retriever" -> retriever(field);
            case "retrieval.mode" -> mode(field);
            case "retrieval.scheme" -> scheme(field);
            case "retrieval.confidence" ->
                    confidence = fields.number(field, CONFIDENCE, confidence);
            case "retrieval.stride" ->
                    stride = fields.integer(field, 1, limits.maxStride(), stride);
            case "retrieval.query_tokens" ->
                    queryTokens = fields.integer(field, 1, limits.maxQueryTokens(), queryTokens);
            case "retrieval.speculation.stride" -> speculationStride(field);
            case "retrieval.speculation.prefetch" ->
                    prefetch = fields.integer(field, 1, limits.maxPrefetch(), prefetch);
            case "retrieval.speculation.async" -> async = fields.bool(field, async);
            case "retrieval.speculation.recovery" -> recovery = fields.bool(field, recovery);
            case "retrieval.speculation.graph" -> graph = fields.bool(field, graph);
            default -> {
                return knn.read(field);
            }
        }
        return true;
    }

    /** Finds what does not go together; after all fields were read. */
    void check() {
        if (!limits.allows(mode)) {
            fields.invalid(
                    "retrieval.mode",
                    "%s in a job without a datastore (got %s)"
                            .formatted(String.join(" or ", WITHOUT_DATASTORE), mode.wireName()));
        }
        if (!mode.allows(retriever)) {
            fields.invalid(
                    "retrieval.retriever",
                    "exact or hnsw in mode %s (got %s)"
                            .formatted(mode.wireName(), retriever.wireName()));
        }
        if (mode.neighbours() && scheme != RetrievalScheme.EVERY_STRIDE) {
            fields.invalid(
                    "retrieval.scheme",
                    "every-stride in mode %s (got %s)"
                            .formatted(mode.wireName(), scheme.wireName()));
        }
    }

    /** Only without any error. */
    RetrievalParameters toParameters() {
        return new RetrievalParameters(
                retriever,
                mode,
                scheme,
                confidence,
                stride,
                queryTokens,
                new SpeculationPolicy(rule, speculationStride, prefetch, async, recovery, graph),
                knn.toParameters());
    }

    private void retriever(String field) throws IOException {
        String name = fields.name(field, ErrorCode.UNKNOWN_RETRIEVER, RETRIEVERS);
        if (name != null) {
            retriever = RetrieverKind.ofWireName(name).orElse(retriever);
        }
    }

    private void mode(String field) throws IOException {
        String name = fields.name(field, ErrorCode.INVALID_FIELD, MODES);
        if (name != null) {
            mode = DecodingMode.ofWireName(name).orElse(mode);
        }
    }

    private void scheme(String field) throws IOException {
        String name = fields.name(field, ErrorCode.INVALID_FIELD, SCHEMES);
        if (name != null) {
            scheme = RetrievalScheme.ofWireName(name).orElse(scheme);
        }
    }

    private void speculationStride(String field) throws IOException {
        if (json.currentToken().isNumeric()) {
            int max = limits.maxSpeculationStride();
            speculationStride = fields.integer(field, 1, max, speculationStride);
            rule = StrideRule.FIXED;
            return;
        }
        String name = fields.name(field, ErrorCode.INVALID_FIELD, ADAPTIVE_STRIDES, ANY_STRIDE);
        if (name != null) {
            rule = StrideRule.ofWireName(name).orElse(rule);
        }
    }
}
