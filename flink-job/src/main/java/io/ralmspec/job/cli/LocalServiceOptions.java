package io.ralmspec.job.cli;

import io.ralmspec.job.JobOptions;
import io.ralmspec.job.OptionsReader;
import io.ralmspec.job.local.LocalService;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What every command that starts the service on this machine takes, or its parts alone. */
abstract class LocalServiceOptions {
    @Option(
            names = "--datastore",
            description =
                    "KNN-LM datastore of the language model, for modes knn-lm and"
                            + " knn-lm-baseline.")
    @Nullable Path datastore;

    @Option(
            names = "--bootstrap-servers",
            description = "An outside Kafka; otherwise a broker is started in this process.")
    @Nullable String bootstrapServers;

    @Option(
            names = "--directory",
            description =
                    "Where broker and checkpoints keep their files. With the same directory again,"
                            + " the service goes on where it stopped; a new one by default.")
    @Nullable Path directory;

    @Option(
            names = "-D",
            paramLabel = "key=value",
            description = "Any option of the job or of Flink; may be repeated.")
    Map<String, String> options = new HashMap<>();

    /** Language model directory, or null. */
    abstract @Nullable Path model();

    /** Knowledge base to search, or null. */
    abstract @Nullable Path index();

    /** Query encoder directory, or null. */
    abstract @Nullable Path encoder();

    LocalService start(int brokerPort, int uiPort) throws Exception {
        return LocalService.start(values(), files(), brokerPort, uiPort);
    }

    /** The job's options, checked; without bootstrap servers, with those of no broker yet. */
    Configuration checked() {
        Map<String, String> values = values();
        values.putIfAbsent(JobOptions.BOOTSTRAP_SERVERS.key(), LocalService.EMBEDDED);
        return OptionsReader.checked(values);
    }

    /** Where the service keeps its files. */
    Path files() throws IOException {
        return directory != null ? directory : WorkDirectory.create();
    }

    /** The job's options. */
    Map<String, String> values() {
        Map<String, String> values = new HashMap<>();
        put(values, JobOptions.KNOWLEDGE_DIRECTORY, index());
        put(values, JobOptions.MODEL_DIRECTORY, model());
        put(values, JobOptions.ENCODER_DIRECTORY, encoder());
        put(values, JobOptions.DATASTORE_DIRECTORY, datastore);
        if (bootstrapServers != null) {
            values.put(JobOptions.BOOTSTRAP_SERVERS.key(), bootstrapServers);
        }
        values.putAll(options);
        return values;
    }

    private static void put(
            Map<String, String> values, ConfigOption<String> option, @Nullable Path directory) {
        if (directory != null) {
            values.put(option.key(), directory.toAbsolutePath().toString());
        }
    }
}
