package io.ralmspec.job.cli;

import io.ralmspec.decoding.KnnParameters;
import picocli.CommandLine.Option;

/** How KNN-LM uses its datastore, however many neighbours it finds. */
final class KnnTuningOptions {
    @Option(
            names = "--lambda",
            description = "KNN-LM: weight of the neighbours beside the model (${DEFAULT-VALUE}).")
    private double lambda = KnnParameters.DEFAULT.lambda();

    @Option(
            names = "--knn-temperature",
            description = "KNN-LM: what squared distances are divided by (${DEFAULT-VALUE}).")
    private double temperature = KnnParameters.DEFAULT.temperature();

    @Option(
            names = "--successors",
            description =
                    "KNN-LM: entries after a neighbour that enter the cache with it"
                            + " (${DEFAULT-VALUE}).")
    private int successors = KnnParameters.DEFAULT.successors();

    @Option(
            names = "--knn-prefetch",
            description =
                    "KNN-LM: neighbours of a verified token that enter the cache"
                            + " (${DEFAULT-VALUE}).")
    private int prefetch = KnnParameters.DEFAULT.prefetch();

    @Option(
            names = "--cache-entries",
            description = "KNN-LM: entries cached at most (${DEFAULT-VALUE}).")
    private int cacheEntries = KnnParameters.DEFAULT.cacheEntries();

    /**
     * @throws IllegalArgumentException naming an argument that is out of range
     */
    KnnParameters with(int neighbours) {
        return new KnnParameters(
                lambda, temperature, neighbours, successors, prefetch, cacheEntries);
    }
}
