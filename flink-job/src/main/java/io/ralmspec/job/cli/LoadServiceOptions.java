package io.ralmspec.job.cli;

import io.ralmspec.job.JobOptions;
import io.ralmspec.job.OptionsReader;
import io.ralmspec.job.bench.PaddedServingFactory;
import io.ralmspec.job.local.LocalService;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What load is put on: a service started here, with a model, or a running job, without. */
final class LoadServiceOptions extends LocalServiceOptions {
    private static final String NONE = "none";
    private static final List<ConfigOption<String>> DIRECTORIES =
            List.of(
                    JobOptions.KNOWLEDGE_DIRECTORY,
                    JobOptions.MODEL_DIRECTORY,
                    JobOptions.ENCODER_DIRECTORY);

    @Option(
            names = "--model",
            description =
                    "Language model directory, to start the service on this machine; without it,"
                            + " the job behind --bootstrap-servers is asked.")
    private @Nullable Path model;

    @Option(names = "--index", description = "Knowledge base to search; with --model only.")
    private @Nullable Path index;

    @Option(names = "--encoder", description = "Query encoder directory; with --model only.")
    private @Nullable Path encoder;

    @Option(
            names = "--pad-vectors",
            defaultValue = "0",
            description =
                    "Random vectors that each exact search scans besides, as in `ralmspec bench`;"
                            + " with --model only (${DEFAULT-VALUE}).")
    private long padVectors;

    @Mixin private ClientPropertyOptions kafka = new ClientPropertyOptions();

    @Override
    @Nullable Path model() {
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
     * Whether the service is to be started here.
     *
     * @throws IllegalArgumentException if it is neither that nor a running one, or half of it
     */
    boolean startsService() {
        if (model == null) {
            if (bootstrapServers == null) {
                throw new IllegalArgumentException(
                        "--model must be set to start the service here, or --bootstrap-servers to"
                                + " ask a running job (got neither)");
            }
            if (index != null || encoder != null || datastore != null) {
                throw new IllegalArgumentException(
                        "--index, --encoder and --datastore must come with --model: a running job"
                                + " has its own");
            }
            if (padVectors != 0) {
                throw new IllegalArgumentException(
                        "--pad-vectors must come with --model: a running job searches what it has"
                                + " (got %d)".formatted(padVectors));
            }
            return false;
        }
        if (padVectors < 0) {
            throw new IllegalArgumentException(
                    "--pad-vectors must be >= 0 (got %d)".formatted(padVectors));
        }
        if (index == null || encoder == null) {
            throw new IllegalArgumentException(
                    "--index and --encoder must be set with --model (got %s)"
                            .formatted(index == null ? "no --index" : "no --encoder"));
        }
        return true;
    }

    @Override
    LocalService start(int brokerPort, int uiPort) throws Exception {
        return LocalService.start(
                values(),
                files(),
                brokerPort,
                uiPort,
                checked -> PaddedServingFactory.of(checked, padVectors));
    }

    /** The job's options, for what its clients need to know of them. */
    Configuration clients() {
        Map<String, String> values = values();
        for (ConfigOption<String> option : DIRECTORIES) {
            // Not opened.
            values.putIfAbsent(option.key(), NONE);
        }
        return OptionsReader.checked(values);
    }

    /**
     * @throws IllegalArgumentException if the file of properties can't be read
     */
    @Override
    Map<String, String> values() {
        Map<String, String> values = super.values();
        kafka.all().forEach((name, value) -> values.put(JobOptions.KAFKA_PROPERTIES + name, value));
        return values;
    }
}
