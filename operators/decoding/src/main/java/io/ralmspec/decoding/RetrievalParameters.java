package io.ralmspec.decoding;

import java.io.Serializable;

/**
 * How a request retrieves.
 *
 * @param stride generation stride: tokens generated per retrieval, at least 1 (paper: k = 4)
 * @param queryTokens the query is the text of this many last tokens of prompt and generation
 * @param speculationStride steps verified by one knowledge base call, at least 1 (paper: s)
 * @param prefetch documents that each verified query brings into the speculation cache, at least 1
 */
public record RetrievalParameters(
        RetrieverKind retriever,
        DecodingMode mode,
        int stride,
        int queryTokens,
        int speculationStride,
        int prefetch)
        implements Serializable {
    public RetrievalParameters {
        Checks.require(stride >= 1, "retrieval.stride", ">= 1", stride);
        Checks.require(queryTokens >= 1, "retrieval.query_tokens", ">= 1", queryTokens);
        Checks.require(
                speculationStride >= 1, "retrieval.speculation.stride", ">= 1", speculationStride);
        Checks.require(prefetch >= 1, "retrieval.speculation.prefetch", ">= 1", prefetch);
    }
}
