package io.ralmspec.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.streaming.MetricName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import org.apache.flink.configuration.ConfigOption;
import org.junit.jupiter.api.Test;

/**
 * The tables in the documents are made from the code. When one differs, run with
 * -Dralmspec.write-docs=true and look at what changed.
 */
class DocumentationTest {
    @Test
    void configurationMdListsEveryOption() throws IOException {
        StringBuilder text =
                new StringBuilder(
                        """
                        # Configuration

                        Options of the job, in a YAML file (`--config FILE`) or as `-Dkey=value`; arguments win over
                        the file. Unknown `ralmspec.*` keys are refused with the nearest known one; all other keys go
                        to Flink. `--print-config` shows the options in force, secrets masked, and starts nothing.

                        `ralmspec.kafka.properties.<name>` passes any property to every Kafka client; values may hold
                        `${env:NAME}` or `${file:PATH}`, which each client replaces where it is made. Write secrets
                        only so: one in an argument is part of the command line, which Flink and the machine show.

                            security.protocol: SASL_SSL
                            sasl.mechanism: SCRAM-SHA-512
                            sasl.jaas.config: org.apache.kafka.common.security.scram.ScramLoginModule required
                              username="ralmspec" password="${file:/etc/kafka/password}";

                        | option | default | range | what it does |
                        |---|---|---|---|
                        """);
        for (BoundedOption<?> bounded : JobOptions.all()) {
            ConfigOption<?> option = bounded.option();
            text.append(
                    "| `%s` | %s | %s | %s |%n"
                            .formatted(
                                    option.key(),
                                    option.hasDefaultValue()
                                            ? "`" + show(option.defaultValue()) + "`"
                                            : "none",
                                    bounded.range(),
                                    OptionsReader.description(option)));
        }
        check(Path.of("CONFIGURATION.md"), text.toString());
    }

    @Test
    void metricsMdListsEveryMetric() throws IOException {
        StringBuilder text =
                new StringBuilder(
                        """
                        # Metrics

                        All are in the group `%s` of their operator: in the Flink UI under the vertex's Metrics tab, and
                        through any Flink metrics reporter.

                        | operator | metric | type | unit | what it says |
                        |---|---|---|---|---|
                        """
                                .formatted(MetricName.GROUP));
        for (MetricName metric : MetricName.values()) {
            text.append(
                    "| %s | `%s` | %s | %s | %s |%n"
                            .formatted(
                                    metric.operator().uid(),
                                    metric.key(),
                                    metric.type().name().toLowerCase(Locale.ROOT),
                                    metric.unit(),
                                    metric.description()));
        }
        check(Path.of("METRICS.md"), text.toString());
    }

    private static String show(Object value) {
        return value instanceof Duration duration
                ? duration.toString().substring(2).toLowerCase(Locale.ROOT)
                : String.valueOf(value);
    }

    private static void check(Path file, String expected) throws IOException {
        if (Boolean.getBoolean("ralmspec.write-docs")) {
            Files.writeString(file, expected);
        }
        assertThat(file).hasContent(expected);
    }
}
