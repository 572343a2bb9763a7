package io.ralmspec.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.job.client.RalmClient;
import io.ralmspec.job.local.EmbeddedBroker;
import io.ralmspec.job.local.LocalService;
import io.ralmspec.job.local.Ports;
import io.ralmspec.job.local.SecureBroker;
import io.ralmspec.kafka.ClientSettings;
import io.ralmspec.kafka.TopicPlan;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.SslAuthenticationException;
import org.apache.logging.log4j.Level;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole job on brokers that want passwords or certificates, and what becomes of secrets. */
class SecureKafkaITCase {
    private static final long SEED = 8;
    private static final String PASSWORD = "pass-Word_that:nobody$sees";

    /** Any variable will do; every process that tests run in has a path. */
    private static final String VARIABLE = "PATH";

    @TempDir Path directory;

    @Test
    void aJobThatLogsInWithASecretFromAFileAnswers() throws Exception {
        Path secret = Files.writeString(directory.resolve("secret"), PASSWORD + "\n");
        Map<String, String> security = sasl(SecureBroker.login("job", "${file:" + secret + "}"));
        try (EmbeddedBroker broker =
                SecureBroker.sasl(directory.resolve("broker"), Map.of("job", PASSWORD))) {
            assertRefused(
                    broker,
                    sasl(SecureBroker.login("job", "wrong")),
                    SaslAuthenticationException.class.getName());
            assertAnswers(broker, security, "exactly-once");
        }
    }

    @Test
    void aJobWithACertificateAndASecretFromTheEnvironmentAnswers() throws Exception {
        String password = System.getenv(VARIABLE);
        Path keys = SecureBroker.makeKeys(directory.resolve("keys.p12"), VARIABLE);
        Path stranger = SecureBroker.makeKeys(directory.resolve("stranger.p12"), VARIABLE);
        Map<String, String> security =
                profile(
                        "mtls",
                        Map.of(
                                "/etc/ralmspec/secrets/keystore.p12",
                                keys.toString(),
                                "/etc/ralmspec/secrets/truststore.p12",
                                keys.toString(),
                                "RALMSPEC_KEYSTORE_PASSWORD",
                                VARIABLE,
                                "RALMSPEC_TRUSTSTORE_PASSWORD",
                                VARIABLE));
        try (EmbeddedBroker broker =
                SecureBroker.ssl(directory.resolve("broker"), keys, password)) {
            Map<String, String> unknown = new HashMap<>(security);
            unknown.put("ssl.keystore.location", stranger.toString());
            assertRefused(broker, unknown, SslAuthenticationException.class.getName());
            assertAnswers(broker, security, "at-least-once");
        }
    }

    @Test
    void aJobThatLogsInWithScramOverTlsAnswers() throws Exception {
        Path secret = Files.writeString(directory.resolve("secret"), PASSWORD + "\n");
        Path keys = SecureBroker.makeKeys(directory.resolve("keys.p12"), VARIABLE);
        Map<String, String> security =
                profile(
                        "sasl-ssl",
                        Map.of(
                                "/etc/ralmspec/secrets/password", secret.toString(),
                                "/etc/ralmspec/secrets/truststore.p12", keys.toString(),
                                "RALMSPEC_TRUSTSTORE_PASSWORD", VARIABLE));
        try (EmbeddedBroker broker =
                SecureBroker.scram(
                        directory.resolve("broker"),
                        Map.of("ralmspec", PASSWORD),
                        keys,
                        System.getenv(VARIABLE))) {
            Map<String, String> wrong = new HashMap<>(security);
            wrong.put("sasl.jaas.config", SecureBroker.scramLogin("job", "wrong"));
            assertRefused(broker, wrong, SaslAuthenticationException.class.getName());
            assertThatThrownBy(() -> service(broker, wrong, "at-least-once"))
                    .hasMessageStartingWith(
                            "Kafka must know who we are (got `Authentication failed")
                    .hasMessageContaining("SCRAM-SHA-512");
            Map<String, String> trustsNobody = new HashMap<>(security);
            trustsNobody.keySet().removeIf(key -> key.startsWith("ssl."));
            assertRefused(broker, trustsNobody, SslAuthenticationException.class.getName());
            assertAnswers(broker, security, "exactly-once");
        }
    }

    @Test
    void wrongCredentialsAreNamedAtStartAndNothingRuns() {
        try (EmbeddedBroker broker =
                SecureBroker.sasl(directory.resolve("broker"), Map.of("job", PASSWORD))) {
            Map<String, String> wrong = sasl(SecureBroker.login("job", "wrong-" + PASSWORD));
            List<String> arguments = new ArrayList<>();
            options(broker, wrong)
                    .forEach((key, value) -> arguments.add("-D%s=%s".formatted(key, value)));
            long start = System.nanoTime();

            assertThatThrownBy(() -> RalmSpecJob.main(arguments.toArray(String[]::new)))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageStartingWith(
                            "Kafka must know who we are (got `Authentication failed")
                    .hasMessageNotContaining(PASSWORD)
                    .hasCauseInstanceOf(SaslAuthenticationException.class);
            assertThatThrownBy(() -> service(broker, wrong, "at-least-once"))
                    .hasMessageStartingWith("Kafka must know who we are");

            assertThat(Duration.ofNanos(System.nanoTime() - start))
                    .isLessThan(Duration.ofSeconds(25));
        }
    }

    @Test
    void aSecretGivenAsItIsIsShownNowhere() throws Exception {
        try (CapturedLog log = new CapturedLog(Level.INFO);
                EmbeddedBroker broker =
                        SecureBroker.sasl(directory.resolve("broker"), Map.of("job", PASSWORD))) {
            // The broker's own settings are not ours to hide.
            log.events().clear();
            Map<String, String> security = sasl(SecureBroker.login("job", PASSWORD));
            // Not one that Flink would mask.
            security.put("ssl.keystore.key", PASSWORD);
            security.put("ssl.keystore.certificate.chain", "none");
            security.put("ssl.keystore.type", "PEM");
            try (LocalService service = service(broker, security, "at-least-once")) {
                assertThat(ask(service, "a").error()).isNull();
                String job = get(service, "/jobs").replaceAll(".*\"id\":\"([0-9a-f]+)\".*", "$1");
                String parameters = get(service, "/jobs/" + job + "/config");
                assertThat(parameters)
                        .contains(
                                "\"ralmspec.kafka.properties.sasl.jaas.config\":\"******\"",
                                "\"ralmspec.kafka.properties.sasl.mechanism\":\"PLAIN\"",
                                "\"ralmspec.retrieval.stride\":\"4\"");
                for (String page :
                        List.of(
                                "/jobs/" + job,
                                "/jobs/" + job + "/config",
                                "/jobs/" + job + "/jobmanager/config",
                                "/jobs/" + job + "/plan",
                                "/jobs/" + job + "/checkpoints/config",
                                "/jobmanager/config",
                                "/jobmanager/environment",
                                "/config")) {
                    assertThat(get(service, page)).as(page).isNotEmpty().doesNotContain(PASSWORD);
                }
            }
            assertThat(log.containing("sasl.jaas.config = [hidden]"))
                    .as("Kafka's clients log their settings")
                    .isNotEmpty();
            assertThat(log.containing(PASSWORD)).isEmpty();
        }
    }

    /**
     * The shipped profile, with files and variables of this test.
     *
     * @param own by what they replace; each must be there
     */
    private static Map<String, String> profile(String name, Map<String, String> own)
            throws IOException {
        String text;
        try (InputStream file =
                TopicPlan.class.getResourceAsStream("/profiles/%s.properties".formatted(name))) {
            text = new String(file.readAllBytes(), StandardCharsets.UTF_8);
        }
        for (Map.Entry<String, String> each : own.entrySet()) {
            assertThat(text).contains(each.getKey());
            text = text.replace(each.getKey(), each.getValue());
        }
        Properties properties = new Properties();
        properties.load(new StringReader(text));
        Map<String, String> profile = new HashMap<>();
        properties.forEach((key, value) -> profile.put(key.toString(), value.toString()));
        return profile;
    }

    private static void assertRefused(
            EmbeddedBroker broker, Map<String, String> security, String reason) {
        Map<String, String> settings = new HashMap<>(security);
        settings.put("default.api.timeout.ms", "10000");
        settings.put("request.timeout.ms", "5000");
        ClientSettings clients =
                ClientSettings.of(broker.bootstrapServers(), settings, Map.of(), Map.of());
        assertThatThrownBy(
                        () -> {
                            try (Admin admin = Admin.create(clients.admin())) {
                                TopicPlan.load().check(admin);
                            }
                        })
                .as("the broker is open")
                .hasStackTraceContaining(reason);
    }

    private void assertAnswers(EmbeddedBroker broker, Map<String, String> security, String delivery)
            throws Exception {
        try (LocalService service = service(broker, security, delivery)) {
            Answer answer = ask(service, "a");
            assertThat(answer.tokens())
                    .isEqualTo(new ScriptedServing(SEED).oracle(request("a")).tokens());
        }
    }

    private LocalService service(
            EmbeddedBroker broker, Map<String, String> security, String delivery) throws Exception {
        Map<String, String> options = options(broker, security);
        options.put("execution.checkpointing.interval", "500ms");
        options.put("restart-strategy.type", "disable");
        options.put(JobOptions.DELIVERY.key(), delivery);
        options.put(JobOptions.TRANSACTIONAL_ID_PREFIX.key(), "secure");
        return LocalService.start(
                options,
                directory.resolve("service"),
                0,
                Ports.freeOr(0),
                unused -> new ScriptedServing(SEED));
    }

    private static Map<String, String> options(
            EmbeddedBroker broker, Map<String, String> security) {
        Map<String, String> options = new HashMap<>(ScriptedServing.OPTIONS);
        options.put(JobOptions.BOOTSTRAP_SERVERS.key(), broker.bootstrapServers());
        security.forEach((key, value) -> options.put(JobOptions.KAFKA_PROPERTIES + key, value));
        return options;
    }

    private static Map<String, String> sasl(String login) {
        Map<String, String> settings = new HashMap<>();
        settings.put("security.protocol", "SASL_PLAINTEXT");
        settings.put("sasl.mechanism", "PLAIN");
        settings.put("sasl.jaas.config", login);
        return settings;
    }

    private static Answer ask(LocalService service, String id) throws Exception {
        try (RalmClient client = new RalmClient(service.clients(), service.topics())) {
            return client.ask(request(id), delta -> {}, Duration.ofSeconds(60));
        }
    }

    private static DecodingRequest request(String id) {
        return TestRequests.speculative(id, "who may read this", 20, false);
    }

    private static String get(LocalService service, String path) throws Exception {
        HttpResponse<String> response =
                HttpClient.newHttpClient()
                        .send(
                                HttpRequest.newBuilder(URI.create(service.uiAddress() + path))
                                        .build(),
                                HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).as(path).isEqualTo(200);
        return response.body();
    }
}
