package io.ralmspec.job.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What the benchmark runs on. KNN-LM in this process needs a datastore only. */
final class BenchServiceOptions extends LocalServiceOptions {
    @Option(
            names = "--model",
            required = true,
            defaultValue = DefaultModel.DIRECTORY,
            description = DefaultModel.DESCRIPTION)
    private Path model = Path.of("");

    @Option(
            names = "--index",
            description = "Knowledge base to search; not needed for mode knn-lm in this process.")
    private @Nullable Path index;

    @Option(
            names = "--encoder",
            description = "Query encoder directory; needed where the index is.")
    private @Nullable Path encoder;

    @Override
    Path model() {
        return model;
    }

    @Override
    @Nullable Path index() {
        return index;
    }

    @Override
    @Nullable Path encoder() {
        return encoder;
    }

    /**
     * @throws IllegalArgumentException if there is no index or encoder
     */
    void requireIndex() {
        require("--index", index);
        require("--encoder", encoder);
    }

    /**
     * @throws IllegalArgumentException if there is no datastore
     */
    void requireDatastore() {
        require("--datastore", datastore);
    }

    private static void require(String name, @Nullable Path value) {
        if (value == null) {
            throw new IllegalArgumentException(
                    name + " must be set in this --mode with this --engine");
        }
    }
}
