package io.ralmspec.job.cli;

import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.RequestDefaults;
import io.ralmspec.decoding.RetrievalParameters;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.SpeculationPolicy;
import io.ralmspec.job.SpeculationStride;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * How to retrieve and speculate, as arguments of any command that sends requests. What is not given
 * is the shipped default.
 */
public final class PolicyOptions {
    private static final SpeculationPolicy SPECULATION =
            RequestDefaults.STANDARD.retrieval().speculation();

    @Mixin private RetrievalOptions retrieval = new RetrievalOptions();

    @Mixin private KnnOptions knn = new KnnOptions();

    @Option(
            names = "--speculation-stride",
            paramLabel = "N|os3|continuous",
            description = "Steps verified by one knowledge base call (${DEFAULT-VALUE}).")
    private String speculationStride = SpeculationStride.of(SPECULATION).toString();

    @Option(
            names = "--prefetch",
            description = "Documents per verified query that enter the cache (${DEFAULT-VALUE}).")
    private int prefetch = SPECULATION.prefetch();

    // Without a fallback, a flag that is on by default would be turned off by its own name.
    @Option(
            names = "--async",
            negatable = true,
            fallbackValue = "true",
            description = "Go on while a knowledge base call is out (${DEFAULT-VALUE}).")
    private boolean async = SPECULATION.async();

    @Option(
            names = "--recovery",
            negatable = true,
            fallbackValue = "true",
            description =
                    "Keep what agrees of tokens drafted with a wrong document (${DEFAULT-VALUE}).")
    private boolean recovery = SPECULATION.recovery();

    @Option(
            names = "--graph",
            negatable = true,
            fallbackValue = "true",
            description =
                    "With exact search, guess from the approximate index too (${DEFAULT-VALUE}).")
    private boolean graph = SPECULATION.graph();

    /**
     * @throws IllegalArgumentException naming an argument that is out of range
     */
    public RetrievalParameters retrieval(RetrieverKind retriever, DecodingMode mode) {
        return retrieval.with(retriever, mode, speculation()).with(knn.parameters());
    }

    /**
     * @throws IllegalArgumentException naming an argument that is out of range
     */
    public SpeculationPolicy speculation() {
        SpeculationStride parsed =
                SpeculationStride.parse(speculationStride)
                        .orElseThrow(
                                () ->
                                        new IllegalArgumentException(
                                                "--speculation-stride must be %s (got %s)"
                                                        .formatted(
                                                                SpeculationStride.RANGE,
                                                                speculationStride)));
        return new SpeculationPolicy(
                parsed.rule(), parsed.steps(), prefetch, async, recovery, graph);
    }
}
