package io.ralmspec.job.bench;

import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.RetrieverKind;

/** What is compared: one retriever with one policy. */
record Cell(RetrieverKind retriever, BenchPolicy policy) {
    /** The request as this cell decodes it, under an id that no other cell uses. */
    DecodingRequest apply(DecodingRequest request) {
        return new DecodingRequest(
                "%s-%s-%s".formatted(request.id(), retriever.wireName(), policy.name()),
                request.prompt(),
                request.maxTokens(),
                request.stop(),
                request.sampling(),
                request.retrieval().with(retriever).with(policy.mode()).with(policy.policy()),
                request.stream(),
                request.deadlineMillis());
    }
}
