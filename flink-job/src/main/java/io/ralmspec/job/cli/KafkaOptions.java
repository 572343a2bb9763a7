package io.ralmspec.job.cli;

import io.ralmspec.kafka.ClientSettings;
import java.util.HashMap;
import java.util.Map;
import picocli.CommandLine.Option;

/** Options of the commands that talk to a Kafka that is already there. */
final class KafkaOptions {
    @Option(
            names = "--bootstrap-servers",
            defaultValue = "localhost:9092",
            description = "Kafka (${DEFAULT-VALUE}).")
    private String bootstrapServers = "";

    @Option(
            names = "-K",
            paramLabel = "key=value",
            description = "A Kafka client property; may be repeated.")
    private Map<String, String> properties = new HashMap<>();

    String bootstrapServers() {
        return bootstrapServers;
    }

    ClientSettings settings() {
        return ClientSettings.of(bootstrapServers, properties, Map.of(), Map.of());
    }
}
