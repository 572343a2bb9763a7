package io.ralmspec.job.cli;

import io.ralmspec.kafka.ClientSettings;
import java.util.Map;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options of the commands that talk to a Kafka that is already there. */
final class KafkaOptions {
    @Option(
            names = "--bootstrap-servers",
            defaultValue = "localhost:9092",
            description = "Kafka (${DEFAULT-VALUE}).")
    private String bootstrapServers = "";

    @Mixin private ClientPropertyOptions properties = new ClientPropertyOptions();

    String bootstrapServers() {
        return bootstrapServers;
    }

    ClientSettings settings() {
        return ClientSettings.of(bootstrapServers, properties.all(), Map.of(), Map.of());
    }
}
