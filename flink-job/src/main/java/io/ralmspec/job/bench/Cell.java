package io.ralmspec.job.bench;

import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.KnnParameters;
import io.ralmspec.decoding.RetrievalParameters;
import io.ralmspec.decoding.RetrieverKind;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What is compared: one retriever with one policy.
 *
 * @param knn how a datastore's neighbours are used, or null where documents are
 */
record Cell(RetrieverKind retriever, @Nullable KnnParameters knn, BenchPolicy policy) {
    /** With documents. */
    Cell(RetrieverKind retriever, BenchPolicy policy) {
        this(retriever, null, policy);
    }

    /** The same with another policy. */
    Cell with(BenchPolicy other) {
        return new Cell(retriever, knn, other);
    }

    DecodingMode mode() {
        if (knn == null) {
            return policy.mode();
        }
        return policy.mode().speculative() ? DecodingMode.KNN_LM : DecodingMode.KNN_LM_BASELINE;
    }

    /** Neighbours per token (paper: k); null where documents are looked up. */
    @Nullable Integer neighbours() {
        return knn == null ? null : knn.neighbours();
    }

    /** What is looked up and how, as part of an id. */
    String lookup() {
        return retriever.wireName() + (knn == null ? "" : "-k" + knn.neighbours());
    }

    /** All that a request of this cell says, spelled out; empty for the baseline. */
    String settings() {
        if (knn == null || !policy.mode().speculative()) {
            return policy.settings();
        }
        // Documents are prefetched by the policy, neighbours by their own parameter.
        return String.format(
                Locale.ROOT,
                "%s,lambda=%s,temperature=%s,successors=%d,knn-prefetch=%d,cache-entries=%d",
                policy.stride() + (policy.policy().async() ? ",async" : ""),
                knn.lambda(),
                knn.temperature(),
                knn.successors(),
                knn.prefetch(),
                knn.cacheEntries());
    }

    /** The request as this cell decodes it, under an id that no other cell uses. */
    DecodingRequest apply(DecodingRequest request) {
        RetrievalParameters retrieval =
                request.retrieval().with(retriever).with(mode()).with(policy.policy());
        return new DecodingRequest(
                "%s-%s-%s".formatted(request.id(), lookup(), policy.name()),
                request.prompt(),
                request.maxTokens(),
                request.stop(),
                request.sampling(),
                knn == null ? retrieval : retrieval.with(knn),
                request.stream(),
                request.deadlineMillis());
    }
}
