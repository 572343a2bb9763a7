package io.ralmspec.job.bench;

import io.ralmspec.decoding.RetrieverKind;
import java.util.Arrays;

/**
 * What the paper's steps and calls cost: its own runs, divided by their counts. A step of 4 tokens
 * is 4 passes. A dense exact or sparse call costs the same however many queries it has, which the
 * paper says of fewer than 10; an approximate one grows with its queries.
 */
enum PaperCosts {
    GPT2("gpt2", 0.100, 4.37, 0.008, 0.150),
    LLAMA_7B("llama-7b", 0.220, 4.37, 0.011, 0.152);

    private static final double HNSW_QUERY_SECONDS = 0.019;
    private static final int STEP_TOKENS = 4;

    private final String wireName;
    private final double stepSeconds;
    private final double exactSeconds;
    private final double hnswSeconds;
    private final double bm25Seconds;

    PaperCosts(
            String wireName,
            double stepSeconds,
            double exactSeconds,
            double hnswSeconds,
            double bm25Seconds) {
        this.wireName = wireName;
        this.stepSeconds = stepSeconds;
        this.exactSeconds = exactSeconds;
        this.hnswSeconds = hnswSeconds;
        this.bm25Seconds = bm25Seconds;
    }

    /**
     * @throws IllegalArgumentException if there are no costs of that name
     */
    static PaperCosts parse(String name) {
        return Arrays.stream(values())
                .filter(costs -> costs.wireName.equals(name))
                .findFirst()
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "--paper-costs must be gpt2 or llama-7b (got %s)"
                                                .formatted(name)));
    }

    String wireName() {
        return wireName;
    }

    /** Of one forward pass: one token, or one chunk scored at once. */
    long passNanos() {
        return nanos(stepSeconds / STEP_TOKENS);
    }

    long callNanos(RetrieverKind retriever, int queries) {
        return nanos(
                switch (retriever) {
                    case EXACT -> exactSeconds;
                    case HNSW -> hnswSeconds + queries * HNSW_QUERY_SECONDS;
                    case BM25 -> bm25Seconds;
                });
    }

    private static long nanos(double seconds) {
        return Math.round(seconds * 1e9);
    }
}
