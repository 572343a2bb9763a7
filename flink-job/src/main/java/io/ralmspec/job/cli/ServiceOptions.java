package io.ralmspec.job.cli;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Options of the commands that start the service on this machine. */
final class ServiceOptions extends LocalServiceOptions {
    @Option(
            names = "--model",
            required = true,
            defaultValue = DefaultModel.DIRECTORY,
            description = DefaultModel.DESCRIPTION)
    private Path model = Path.of("");

    @Option(names = "--index", required = true, description = "Knowledge base to search.")
    private Path index = Path.of("");

    @Option(names = "--encoder", required = true, description = "Query encoder directory.")
    private Path encoder = Path.of("");

    @Override
    Path model() {
        return model;
    }

    @Override
    Path index() {
        return index;
    }

    @Override
    Path encoder() {
        return encoder;
    }
}
