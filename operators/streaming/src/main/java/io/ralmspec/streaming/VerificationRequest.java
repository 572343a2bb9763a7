package io.ralmspec.streaming;

import io.ralmspec.decoding.Query;
import io.ralmspec.decoding.RetrieverKind;
import java.util.List;

/**
 * A round's queries, on their way to the knowledge base.
 *
 * @param epoch comes back with the result; the session drops a result of another epoch
 * @param topN documents wanted per query, at least 1
 */
public record VerificationRequest(
        String requestId, int epoch, RetrieverKind retriever, List<Query> queries, int topN) {
    public VerificationRequest {
        queries = List.copyOf(queries);
    }

    /** Without the queries, which are made of prompts: Flink's messages show records. */
    @Override
    public String toString() {
        return "verification of request %s (epoch %d, %d queries)"
                .formatted(requestId, epoch, queries.size());
    }
}
