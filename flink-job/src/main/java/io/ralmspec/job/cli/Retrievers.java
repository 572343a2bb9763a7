package io.ralmspec.job.cli;

import io.ralmspec.decoding.RetrieverKind;

/** Retriever names as command line arguments. */
final class Retrievers {
    private Retrievers() {}

    static RetrieverKind parse(String name) {
        return RetrieverKind.ofWireName(name)
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "--retriever must be exact, hnsw or bm25 (got %s)"
                                                .formatted(name)));
    }
}
