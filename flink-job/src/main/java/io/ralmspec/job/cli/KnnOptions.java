package io.ralmspec.job.cli;

import io.ralmspec.decoding.KnnParameters;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How KNN-LM uses its datastore; without meaning in the modes that look documents up. */
final class KnnOptions {
    @Option(
            names = "--neighbours",
            description = "KNN-LM: neighbours found per token (${DEFAULT-VALUE}).")
    private int neighbours = KnnParameters.DEFAULT.neighbours();

    @Mixin private KnnTuningOptions tuning = new KnnTuningOptions();

    /**
     * @throws IllegalArgumentException naming an argument that is out of range
     */
    KnnParameters parameters() {
        return tuning.with(neighbours);
    }
}
