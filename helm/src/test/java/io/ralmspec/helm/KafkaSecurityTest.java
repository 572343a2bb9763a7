package io.ralmspec.helm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ralmspec.kafka.ClientSettings;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kafka's own client takes the settings of each kind of security, with secrets in files. */
class KafkaSecurityTest {
    private static final String PREFIX = "ralmspec.kafka.properties.";

    @TempDir private Path secrets = Path.of("");

    @Test
    void certificatesOfBothSidesAreReadFromPem() throws Exception {
        certificates();
        Manifests manifests =
                Chart.minimal(
                        """
                        kafka:
                          security:
                            protocol: SSL
                            ca: {existingSecret: ca}
                            tls: {existingSecret: client}
                        """);

        Admin.create(properties(manifests)).close();

        Files.writeString(secrets.resolve("tls/user.key"), "not a key");
        assertThatThrownBy(() -> Admin.create(properties(manifests)))
                .as("the key is really read")
                .isInstanceOf(KafkaException.class);
    }

    @Test
    void passwordsAreReadWithEveryMechanism() throws Exception {
        certificates();
        for (String mechanism : List.of("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")) {
            Manifests manifests =
                    Chart.minimal(
                            """
                            kafka:
                              security:
                                protocol: SASL_SSL
                                ca: {existingSecret: ca}
                                sasl: {mechanism: %s, username: job, existingSecret: job}
                            """
                                    .formatted(mechanism));
            Files.writeString(secrets.resolve("sasl/password"), "hunter2\n");

            Admin.create(properties(manifests)).close();

            Files.delete(secrets.resolve("sasl/password"));
            assertThatThrownBy(() -> Admin.create(properties(manifests)))
                    .as("the password is really read")
                    .hasStackTraceContaining("sasl/password must exist");
        }
    }

    /** The job's settings of a client, with the Secrets where this test has them. */
    private Properties properties(Manifests manifests) {
        Map<String, String> common = new HashMap<>();
        manifests
                .optionValues()
                .forEach(
                        (key, value) -> {
                            if (key.startsWith(PREFIX)) {
                                common.put(
                                        key.substring(PREFIX.length()),
                                        value.replace("/opt/ralmspec/kafka", secrets.toString()));
                            }
                        });
        assertThat(common).containsKey("security.protocol");
        return ClientSettings.of("localhost:9093", common, Map.of(), Map.of()).admin();
    }

    /** As Strimzi lays them out: ca/ca.crt, tls/user.crt, tls/user.key. */
    private void certificates() throws Exception {
        for (String each : List.of("ca", "tls", "sasl")) {
            Files.createDirectories(secrets.resolve(each));
        }
        Path store = secrets.resolve("store.p12");
        Process keytool =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "keytool")
                                        .toString(),
                                "-genkeypair",
                                "-alias",
                                "job",
                                "-keyalg",
                                "EC",
                                "-dname",
                                "CN=job",
                                "-storetype",
                                "PKCS12",
                                "-storepass",
                                "changeit",
                                "-keystore",
                                store.toString())
                        .redirectErrorStream(true)
                        .start();
        String output = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(keytool.waitFor()).as(output).isZero();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        char[] password = "changeit".toCharArray();
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, password);
        }
        byte[] certificate = keys.getCertificate("job").getEncoded();
        pem("ca/ca.crt", "CERTIFICATE", certificate);
        pem("tls/user.crt", "CERTIFICATE", certificate);
        pem("tls/user.key", "PRIVATE KEY", keys.getKey("job", password).getEncoded());
    }

    private void pem(String file, String kind, byte[] bytes) throws IOException {
        Files.writeString(
                secrets.resolve(file),
                "-----BEGIN %s-----\n%s\n-----END %s-----\n"
                        .formatted(
                                kind,
                                Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes),
                                kind));
    }
}
