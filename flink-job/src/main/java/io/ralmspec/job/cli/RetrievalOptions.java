package io.ralmspec.job.cli;

import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.RequestDefaults;
import io.ralmspec.decoding.RetrievalParameters;
import io.ralmspec.decoding.RetrievalScheme;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.SpeculationPolicy;
import picocli.CommandLine.Option;

/** When and with what to look documents up, whatever the speculation. */
final class RetrievalOptions {
    private static final RetrievalParameters DEFAULTS = RequestDefaults.STANDARD.retrieval();

    @Option(names = "--stride", description = "Tokens generated per retrieval (${DEFAULT-VALUE}).")
    private int stride = DEFAULTS.stride();

    @Option(
            names = "--scheme",
            description =
                    "When documents are looked up: every-stride, iter-retgen or flare"
                            + " (${DEFAULT-VALUE}).")
    private String scheme = DEFAULTS.scheme().wireName();

    @Option(
            names = "--confidence",
            description =
                    "In scheme flare, no lookup after tokens that are all more probable than this"
                            + " (${DEFAULT-VALUE}).")
    private double confidence = DEFAULTS.confidence();

    @Option(
            names = "--query-tokens",
            description = "The query is the text of this many last tokens (${DEFAULT-VALUE}).")
    private int queryTokens = DEFAULTS.queryTokens();

    /**
     * @throws IllegalArgumentException naming an argument that is out of range
     */
    RetrievalParameters with(
            RetrieverKind retriever, DecodingMode mode, SpeculationPolicy speculation) {
        RetrievalScheme parsed =
                RetrievalScheme.ofWireName(scheme)
                        .orElseThrow(
                                () ->
                                        new IllegalArgumentException(
                                                ("--scheme must be every-stride, iter-retgen or"
                                                                + " flare (got %s)")
                                                        .formatted(scheme)));
        return new RetrievalParameters(
                retriever, mode, parsed, confidence, stride, queryTokens, speculation);
    }
}
