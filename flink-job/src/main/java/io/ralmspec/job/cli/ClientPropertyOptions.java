package io.ralmspec.job.cli;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Properties for Kafka's clients: security, above all. */
final class ClientPropertyOptions {
    @Option(
            names = "-K",
            paramLabel = "key=value",
            description = "A Kafka client property; may be repeated.")
    private Map<String, String> properties = new HashMap<>();

    @Option(
            names = "--properties",
            description = "A file of Kafka client properties; -K wins over it.")
    private @Nullable Path file;

    /**
     * @throws IllegalArgumentException if the file can't be read
     */
    Map<String, String> all() {
        Map<String, String> all = new HashMap<>();
        if (file != null) {
            Properties read = new Properties();
            try (Reader reader = Files.newBufferedReader(file)) {
                read.load(reader);
            } catch (IOException e) {
                throw new IllegalArgumentException(
                        "--properties must be a readable file (got %s)".formatted(file), e);
            }
            read.stringPropertyNames().forEach(name -> all.put(name, read.getProperty(name)));
        }
        all.putAll(properties);
        return all;
    }
}
