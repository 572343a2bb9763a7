package io.ralmspec.job;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.configuration.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShownOptionsTest {
    private static final String SECRET = "hunter2";
    private static final List<String> SECRETS =
            List.of(
                    "ralmspec.kafka.properties.sasl.jaas.config",
                    "ralmspec.kafka.properties.ssl.key.password",
                    "ralmspec.kafka.properties.ssl.keystore.key",
                    "s3.secret-key",
                    "my.api.key");

    private static final List<String> ARGUMENTS =
            List.of(
                    "-Dralmspec.kafka.bootstrap-servers=it's:9092",
                    "-Dralmspec.kafka.properties.ssl.truststore.password=${env:TRUST}",
                    "-Dralmspec.model.directory=model",
                    "-Dralmspec.encoder.directory=encoder",
                    "-Dralmspec.knowledge.directory=index",
                    "-Dralmspec.retrieval.stride=2",
                    "-Dparallelism.default=3");

    @Test
    void printConfigShowsWhatIsInForceAndNoSecret() throws Exception {
        List<String> arguments = new ArrayList<>(List.of("--print-config"));
        arguments.addAll(ARGUMENTS);
        SECRETS.forEach(key -> arguments.add("-D%s=%s".formatted(key, SECRET)));
        var printed = new ByteArrayOutputStream();
        PrintStream before = System.out;
        System.setOut(new PrintStream(printed, true, UTF_8));
        try {
            RalmSpecJob.main(arguments.toArray(String[]::new));
        } finally {
            System.setOut(before);
        }

        assertThat(printed.toString(UTF_8))
                .doesNotContain(SECRET)
                .contains(
                        "ralmspec.retrieval.stride: '2'",
                        "ralmspec.request.max-tokens: '2048'",
                        "ralmspec.kafka.bootstrap-servers: 'it''s:9092'",
                        "parallelism.default: '3'",
                        "ralmspec.kafka.properties.ssl.truststore.password: '${env:TRUST}'",
                        "# Kafka consumer: isolation.level=read_committed",
                        "# Kafka producer: sasl.jaas.config=******",
                        "# Kafka producer: acks=all")
                .contains(SECRETS.stream().map(key -> key + ": '******'").toList());
    }

    @Test
    void whatIsPrintedCanBeRead(@TempDir Path directory) throws Exception {
        Configuration options = OptionsReader.read(ARGUMENTS);
        Path file = directory.resolve("options.yaml");
        Files.writeString(file, ShownOptions.text(options));

        Configuration again = OptionsReader.read(List.of("--config", file.toString()));

        assertThat(again.toMap()).containsAllEntriesOf(options.toMap());
        for (BoundedOption<?> bounded : JobOptions.all()) {
            assertThat(again.get(bounded.option()))
                    .as(bounded.option().key())
                    .isEqualTo(options.get(bounded.option()));
        }
    }

    @Test
    void nothingOfOursIsLeftToFlink() {
        Configuration options = OptionsReader.read(ARGUMENTS);

        assertThat(JobSettings.flink(options).toMap())
                .isEqualTo(Map.of("parallelism.default", "3"));
    }
}
