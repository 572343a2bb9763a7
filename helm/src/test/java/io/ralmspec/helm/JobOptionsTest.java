package io.ralmspec.helm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import io.ralmspec.job.BoundedOption;
import io.ralmspec.job.JobOptions;
import io.ralmspec.job.OptionsReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.flink.configuration.Configuration;
import org.junit.jupiter.api.Test;

/** The job itself reads the options that the chart writes. */
class JobOptionsTest {
    /** Reads them with the job's own reader, which refuses what it does not know. */
    static Configuration check(Manifests manifests) {
        try {
            Path file = Files.createTempFile("ralmspec", ".yaml");
            try {
                Files.writeString(file, manifests.options());
                return OptionsReader.read(List.of("--config", file.toString()));
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void theMinimalExampleSaysWhereThingsAre() {
        Configuration options = check(Chart.minimal());

        assertThat(options.get(JobOptions.BOOTSTRAP_SERVERS))
                .isEqualTo("kafka-kafka-bootstrap:9092");
        assertThat(options.get(JobOptions.MODEL_DIRECTORY)).isEqualTo("/opt/ralmspec/data/model");
        assertThat(options.get(JobOptions.ENCODER_DIRECTORY))
                .isEqualTo("/opt/ralmspec/data/encoder");
        assertThat(options.get(JobOptions.KNOWLEDGE_DIRECTORY))
                .isEqualTo("/opt/ralmspec/data/knowledge");
        assertThat(options.getOptional(JobOptions.DATASTORE_DIRECTORY)).isEmpty();
        assertThat(options.get(JobOptions.MODEL_DEVICE)).isEqualTo("cpu");
        assertThat(options.get(JobOptions.REQUESTS_TOPIC)).isEqualTo("ralm.requests");
    }

    @Test
    void theProductionExampleHasDatastoreGpuAndTransactions() {
        Configuration options = check(Chart.production());

        assertThat(options.get(JobOptions.DATASTORE_DIRECTORY))
                .isEqualTo("/opt/ralmspec/data/datastore");
        assertThat(options.get(JobOptions.MODEL_DEVICE)).isEqualTo("cuda");
        assertThat(options.get(JobOptions.DELIVERY)).isEqualTo("exactly-once");
        assertThat(options.get(JobOptions.TRANSACTIONAL_ID_PREFIX)).isEqualTo("models-ralmspec");
        assertThat(options.get(JobOptions.MAX_IN_FLIGHT)).isEqualTo(256);
    }

    @Test
    void largeNumbersArriveAsWritten() {
        Configuration options =
                check(Chart.minimal("options: {ralmspec.job.max-waiting: 10000000}"));

        assertThat(options.get(JobOptions.MAX_WAITING)).isEqualTo(10_000_000);
    }

    @Test
    void everyOptionCanBeSetInOnePlace() {
        Map<String, String> byChart = Chart.production().optionValues();
        for (BoundedOption<?> bounded : JobOptions.all()) {
            String key = bounded.option().key();
            String own = "options: {\"%s\": \"4\"}".formatted(key);
            boolean elsewhere =
                    byChart.containsKey(key)
                            && !key.equals("ralmspec.model.threads")
                            && !key.equals("ralmspec.job.max-in-flight");
            if (elsewhere) {
                assertThat(Chart.refusal(Chart.PRODUCTION, own))
                        .contains("`options` must not hold `%s`; set `".formatted(key));
            } else {
                assertThat(Chart.production(own).optionValues()).contains(entry(key, "4"));
            }
        }
    }

    @Test
    void secretsAreNamedAndMountedButNotHeld() {
        Manifests manifests =
                Chart.production("kafka: {security: {tls: {existingSecret: client}}}");

        assertThat(manifests.optionValues())
                .containsEntry("ralmspec.kafka.properties.security.protocol", "SASL_SSL")
                .containsEntry(
                        "ralmspec.kafka.properties.sasl.jaas.config",
                        "org.apache.kafka.common.security.scram.ScramLoginModule required"
                                + " username=\"ralmspec\""
                                + " password=\"${file:/opt/ralmspec/kafka/sasl/password}\";")
                .containsEntry(
                        "ralmspec.kafka.properties.ssl.truststore.location",
                        "/opt/ralmspec/kafka/ca/ca.crt")
                .containsEntry(
                        "ralmspec.kafka.properties.ssl.keystore.key",
                        "${file:/opt/ralmspec/kafka/tls/user.key}");
        for (String component : List.of("jobManager", "taskManager")) {
            assertThat(manifests.pod(component).at("/spec/volumes").findValuesAsText("secretName"))
                    .contains("kafka-cluster-ca-cert", "ralmspec", "client");
            assertThat(
                            manifests
                                    .pod(component)
                                    .at("/spec/containers/0/volumeMounts")
                                    .findValuesAsText("mountPath"))
                    .contains(
                            "/opt/ralmspec/kafka/ca",
                            "/opt/ralmspec/kafka/sasl",
                            "/opt/ralmspec/kafka/tls");
        }
        assertThat(manifests.of("Secret")).isEmpty();
    }
}
