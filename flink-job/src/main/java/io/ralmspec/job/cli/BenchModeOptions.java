package io.ralmspec.job.cli;

import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.KnnParameters;
import io.ralmspec.job.bench.BenchPolicy;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which way to decode the benchmark measures, and with what policies. */
final class BenchModeOptions {
    private static final String DOCUMENT_POLICIES =
            "spec,PSA,PSA+recovery,continuous+recovery,default";
    private static final String KNN_POLICIES = "stride=3,stride=8,S,SA,default";

    @Option(
            names = "--mode",
            paramLabel = "speculative|knn-lm",
            defaultValue = "speculative",
            description =
                    "What is held against its baseline: speculation with documents, or with"
                            + " neighbours from --datastore (${DEFAULT-VALUE}).")
    private String mode = "";

    @Option(
            names = "--policies",
            description =
                    "What to hold against the baseline: spec, letters of PSA, continuous or"
                            + " default, each perhaps with +recovery and +graph, or spelled out as"
                            + " stride=N|os3|continuous[,prefetch=N][,async][,recovery]"
                            + "[,graph]"
                            + " ("
                            + DOCUMENT_POLICIES
                            + "; in mode knn-lm, which has neither P, recovery nor graph, "
                            + KNN_POLICIES
                            + ").")
    private @Nullable String policies;

    @Option(
            names = "--neighbours",
            split = ",",
            defaultValue = "1,8,64,256,1024",
            description =
                    "KNN-LM: neighbours found per token, each number a cell of its own"
                            + " (${DEFAULT-VALUE}).")
    private List<Integer> neighbours = List.of();

    @Mixin private KnnTuningOptions tuning = new KnnTuningOptions();

    /**
     * @throws IllegalArgumentException if it is no mode that speculates
     */
    DecodingMode mode() {
        return Modes.parse(mode, DecodingMode::speculative);
    }

    /**
     * Each way to use the neighbours; empty in a mode with documents.
     *
     * @throws IllegalArgumentException naming an argument that is out of range
     */
    List<KnnParameters> knn() {
        return mode().neighbours()
                ? neighbours.stream().distinct().map(tuning::with).toList()
                : List.of();
    }

    /**
     * The baseline first.
     *
     * @throws IllegalArgumentException if a name is unknown
     */
    List<BenchPolicy> policies() {
        String standard = mode().neighbours() ? KNN_POLICIES : DOCUMENT_POLICIES;
        return BenchPolicy.parseAll(policies == null ? standard : policies);
    }
}
