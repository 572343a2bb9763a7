package io.ralmspec.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.types.Password;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClientSettingsTest {
    private static final ClientSettings DEFAULTS = ClientSettings.of("broker:9092");

    @Test
    void kafkaKnowsEveryDefault() {
        assertThat(ConsumerConfig.configNames())
                .containsAll(Resources.properties("consumer.properties").keySet());
        assertThat(ProducerConfig.configNames())
                .containsAll(Resources.properties("producer.properties").keySet());
    }

    @Test
    void theDefaultsAreSafe() {
        ProducerConfig producer = producer(DEFAULTS);
        ConsumerConfig consumer = consumer(DEFAULTS);

        assertThat(producer.getString("acks")).isEqualTo("-1");
        assertThat(producer.getBoolean("enable.idempotence")).isTrue();
        assertThat(producer.getInt("transaction.timeout.ms")).isLessThanOrEqualTo(900_000);
        assertThat(consumer.getString("isolation.level")).isEqualTo("read_committed");
        assertThat(consumer.getBoolean("enable.auto.commit")).isFalse();
        assertThat(consumer.getString("auto.offset.reset")).isEqualTo("earliest");
    }

    @Test
    void theDefaultsCarryWhatTheTopicsCarry() {
        TopicPlan plan = TopicPlan.load();

        assertThat(producer(DEFAULTS.check(plan)).getInt("max.request.size"))
                .isEqualTo(plan.deadLetters().maxMessageBytes());
        assertThat(consumer(DEFAULTS).getInt("max.partition.fetch.bytes"))
                .isGreaterThanOrEqualTo(plan.requests().maxMessageBytes());
        assertThat(consumer(DEFAULTS).getInt("fetch.max.bytes"))
                .isGreaterThanOrEqualTo(plan.requests().maxMessageBytes());
        assertThatThrownBy(
                        () ->
                                ClientSettings.of(
                                                "b:1",
                                                Map.of(),
                                                Map.of(),
                                                Map.of("max.request.size", "1048576"))
                                        .check(plan))
                .hasMessage(
                        "`max.request.size` of producers must be >= 25165824, the size of a dead"
                                + " letter (got 1048576)");
    }

    @Test
    void ownSettingsReplaceDefaultsAndTheSpecificWins() {
        ClientSettings settings =
                ClientSettings.of(
                        "b:1",
                        Map.of("security.protocol", "SSL", "client.id", "all", "group.id", "g"),
                        Map.of("client.id", "in", "max.poll.records", "7"),
                        Map.of("linger.ms", "20"));

        assertThat(settings.consumer())
                .containsEntry("bootstrap.servers", "b:1")
                .containsEntry("security.protocol", "SSL")
                .containsEntry("client.id", "in")
                .containsEntry("group.id", "g")
                .containsEntry("max.poll.records", "7");
        assertThat(settings.producer())
                .containsEntry("client.id", "all")
                .containsEntry("linger.ms", "20")
                .containsEntry("acks", "all");
        assertThat(settings.admin())
                .containsEntry("security.protocol", "SSL")
                .doesNotContainKeys("acks", "isolation.level");
        assertThatThrownBy(() -> ClientSettings.of(" "))
                .hasMessageStartingWith("`bootstrap.servers` must be host:port");
    }

    @Test
    void secretsComeFromTheEnvironmentAndFilesWhereTheClientIsMade(@TempDir Path directory)
            throws IOException {
        Path secret = Files.writeString(directory.resolve("password"), "p:a$s${s}\r\n\n");
        // Any variable will do; every process that tests run in has a path.
        String path = System.getenv("PATH");
        ClientSettings settings =
                withCommon(
                        Map.of(
                                "ssl.keystore.password",
                                "${file:" + secret + "}",
                                "ssl.key.password",
                                "before ${env:PATH} after"));

        Properties travelling = settings.producer();
        assertThat(travelling.toString()).doesNotContain("p:a$s", path);
        for (var config :
                new AbstractConfig[] {
                    producer(settings), consumer(settings), new AdminClientConfig(settings.admin())
                }) {
            Password keystore = config.getPassword("ssl.keystore.password");
            assertThat(keystore.value()).isEqualTo("p:a$s${s}");
            assertThat(config.getPassword("ssl.key.password").value())
                    .isEqualTo("before " + path + " after");
        }
    }

    @Test
    void aMissingSecretIsNamed(@TempDir Path directory) {
        assertThatThrownBy(() -> producer(withCommon(Map.of("a", "${env:RALMSPEC_NOT_THERE}"))))
                .isInstanceOf(ConfigException.class)
                .hasMessage("environment variable RALMSPEC_NOT_THERE must be set (got nothing)");
        assertThatThrownBy(
                        () -> producer(withCommon(Map.of("a", "${file:" + directory + "/none}"))))
                .hasMessage("file %s/none must exist (got nothing)".formatted(directory));
        assertThatThrownBy(() -> producer(withCommon(Map.of("a", "${file:" + directory + "}"))))
                .hasMessageMatching("file .* must be readable \\(got .*\\)");
    }

    @Test
    void aFileNameMayHaveAColon(@TempDir Path directory) throws IOException {
        Path secret = Files.writeString(directory.resolve("a:b"), "s");

        assertThat(producer(withCommon(Map.of("x", "${file:" + secret + "}"))).originals())
                .containsEntry("x", "s");
    }

    @Test
    void ownProvidersStay() {
        ClientSettings settings =
                withCommon(
                        Map.of(
                                "config.providers",
                                "dir, env",
                                "config.providers.dir.class",
                                "org.apache.kafka.common.config.provider.DirectoryConfigProvider",
                                "config.providers.env.class",
                                "org.apache.kafka.common.config.provider.EnvVarConfigProvider"));

        assertThat(settings.consumer())
                .containsEntry("config.providers", "dir,env,file")
                .containsEntry(
                        "config.providers.env.class",
                        "org.apache.kafka.common.config.provider.EnvVarConfigProvider")
                .containsEntry(
                        "config.providers.file.class",
                        "io.ralmspec.kafka.SecretProvider$SecretFile");
        assertThat(producer(settings).originals()).isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "sasl.jaas.config",
                "ssl.keystore.password",
                "ssl.key.password",
                "SSL.TRUSTSTORE.PASSWORD",
                "ssl.keystore.key",
                "sasl.oauthbearer.client.credentials.client.secret",
                "my.token",
                "basic.auth.user.info"
            })
    void secretsAreMasked(String name) {
        ClientSettings settings = withCommon(Map.of(name, "hunter2"));

        assertThat(settings.toString()).contains(name + "=******").doesNotContain("hunter2");
        assertThat(settings.maskedConsumer()).containsEntry(name, "******");
        assertThat(settings.maskedProducer()).containsEntry(name, "******");
    }

    @Test
    void whatIsNoSecretIsShown() {
        Map<String, String> shown = new HashMap<>();
        for (String name :
                Set.of("acks", "ssl.keystore.location", "sasl.mechanism", "key.serializer")) {
            shown.put(name, "v");
        }
        shown.put("ssl.key.password", "${env:KEY_PASSWORD}");

        assertThat(ClientSettings.masked(shown)).isEqualTo(shown);
        assertThat(ClientSettings.masked(Map.of("a.password", "${env:A}x")))
                .containsEntry("a.password", "******");
    }

    private static ClientSettings withCommon(Map<String, String> common) {
        return ClientSettings.of("broker:9092", common, Map.of(), Map.of());
    }

    private static ProducerConfig producer(ClientSettings settings) {
        Properties properties = settings.producer();
        properties.put("key.serializer", ByteArraySerializer.class);
        properties.put("value.serializer", ByteArraySerializer.class);
        return new ProducerConfig(properties);
    }

    private static ConsumerConfig consumer(ClientSettings settings) {
        Properties properties = settings.consumer();
        properties.put("key.deserializer", ByteArrayDeserializer.class);
        properties.put("value.deserializer", ByteArrayDeserializer.class);
        return new ConsumerConfig(properties);
    }
}
