package io.ralmspec.decoding;

import java.io.Serializable;

/**
 * How a request retrieves. In the {@link DecodingMode#neighbours KNN-LM modes}, where each token
 * has a lookup, {@code confidence}, {@code stride} and {@code queryTokens} mean nothing, nor do
 * {@code prefetch} and {@code recovery} of the policy; in the others, {@code knn} doesn't.
 *
 * @param retriever a dense one in the KNN-LM modes
 * @param scheme {@link RetrievalScheme#EVERY_STRIDE} in the KNN-LM modes
 * @param confidence with {@link RetrievalScheme#FLARE}: a stride whose tokens are all more probable
 *     than this needs no lookup; in (0, 1)
 * @param stride generation stride: tokens generated per retrieval, at least 1 (paper: k = 4)
 * @param queryTokens the query is the text of this many last tokens of prompt and generation
 */
public record RetrievalParameters(
        RetrieverKind retriever,
        DecodingMode mode,
        RetrievalScheme scheme,
        double confidence,
        int stride,
        int queryTokens,
        SpeculationPolicy speculation,
        KnnParameters knn)
        implements Serializable {
    /** Of the paper's official code. */
    public static final double DEFAULT_CONFIDENCE = 0.8;

    public RetrievalParameters {
        Checks.require(
                confidence > 0 && confidence < 1, "retrieval.confidence", "in (0, 1)", confidence);
        Checks.require(stride >= 1, "retrieval.stride", ">= 1", stride);
        Checks.require(queryTokens >= 1, "retrieval.query_tokens", ">= 1", queryTokens);
        Checks.require(
                mode.allows(retriever),
                "retrieval.retriever",
                "exact or hnsw in mode " + mode.wireName(),
                retriever.wireName());
        Checks.require(
                scheme == RetrievalScheme.EVERY_STRIDE || !mode.neighbours(),
                "retrieval.scheme",
                "every-stride in mode " + mode.wireName(),
                scheme.wireName());
    }

    /** With {@link KnnParameters#DEFAULT}. */
    public RetrievalParameters(
            RetrieverKind retriever,
            DecodingMode mode,
            RetrievalScheme scheme,
            double confidence,
            int stride,
            int queryTokens,
            SpeculationPolicy speculation) {
        this(
                retriever,
                mode,
                scheme,
                confidence,
                stride,
                queryTokens,
                speculation,
                KnnParameters.DEFAULT);
    }

    /** The paper's: 4 tokens per retrieval, the last 32 as query. */
    public static RetrievalParameters of(
            RetrieverKind retriever, DecodingMode mode, SpeculationPolicy speculation) {
        return new RetrievalParameters(
                retriever,
                mode,
                RetrievalScheme.EVERY_STRIDE,
                DEFAULT_CONFIDENCE,
                4,
                32,
                speculation);
    }

    public RetrievalParameters with(DecodingMode other) {
        return new RetrievalParameters(
                retriever, other, scheme, confidence, stride, queryTokens, speculation, knn);
    }

    public RetrievalParameters with(RetrieverKind other) {
        return new RetrievalParameters(
                other, mode, scheme, confidence, stride, queryTokens, speculation, knn);
    }

    public RetrievalParameters with(SpeculationPolicy other) {
        return new RetrievalParameters(
                retriever, mode, scheme, confidence, stride, queryTokens, other, knn);
    }

    public RetrievalParameters with(KnnParameters other) {
        return new RetrievalParameters(
                retriever, mode, scheme, confidence, stride, queryTokens, speculation, other);
    }

    /** Whether a cache guesses documents or neighbours. */
    public boolean speculative() {
        return mode.speculative();
    }
}
