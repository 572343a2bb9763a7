package io.ralmspec.job.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Embedded brokers that only let in who may. */
public final class SecureBroker {
    private static final String LOGIN_MODULE =
            "org.apache.kafka.common.security.plain.PlainLoginModule required";
    private static final String SCRAM = "SCRAM-SHA-512";
    private static final String SCRAM_LOGIN_MODULE =
            "org.apache.kafka.common.security.scram.ScramLoginModule required";

    private SecureBroker() {}

    /**
     * With user names and passwords, mechanism PLAIN.
     *
     * @param passwords by user
     */
    public static EmbeddedBroker sasl(Path directory, Map<String, String> passwords) {
        StringBuilder login =
                new StringBuilder(LOGIN_MODULE)
                        .append(" username=\"broker\" password=\"b\" user_broker=\"b\"");
        passwords.forEach(
                (user, password) -> login.append(" user_%s=\"%s\"".formatted(user, password)));
        return EmbeddedBroker.start(
                directory,
                0,
                Map.of(
                        "listener.security.protocol.map",
                        "CLIENTS:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
                        "sasl.enabled.mechanisms",
                        "PLAIN",
                        "sasl.mechanism.inter.broker.protocol",
                        "PLAIN",
                        "listener.name.clients.plain.sasl.jaas.config",
                        login.append(";").toString()),
                List.of());
    }

    /** The line with which a client logs in. */
    public static String login(String user, String password) {
        return LOGIN_MODULE + " username=\"%s\" password=\"%s\";".formatted(user, password);
    }

    /**
     * With user names and passwords, mechanism SCRAM-SHA-512, and the broker's certificate.
     *
     * @param passwords by user; they are in the broker's metadata from the start
     */
    public static EmbeddedBroker scram(
            Path directory, Map<String, String> passwords, Path keys, String keysPassword) {
        Map<String, String> settings = new HashMap<>(keyStore(keys, keysPassword));
        settings.put("listener.security.protocol.map", "CLIENTS:SASL_SSL,CONTROLLER:PLAINTEXT");
        settings.put("sasl.enabled.mechanisms", SCRAM);
        settings.put("sasl.mechanism.inter.broker.protocol", SCRAM);
        // It logs in to itself to end transactions.
        settings.put(
                "listener.name.clients.scram-sha-512.sasl.jaas.config", scramLogin("broker", "b"));
        Map<String, String> users = new HashMap<>(passwords);
        users.put("broker", "b");
        List<String> credentials =
                users.entrySet().stream()
                        .map(
                                user ->
                                        "%s=[name=%s,password=%s]"
                                                .formatted(SCRAM, user.getKey(), user.getValue()))
                        .toList();
        return EmbeddedBroker.start(directory, 0, settings, credentials);
    }

    /** The line with which a client logs in with SCRAM. */
    public static String scramLogin(String user, String password) {
        return SCRAM_LOGIN_MODULE + " username=\"%s\" password=\"%s\";".formatted(user, password);
    }

    /** With certificates on both sides: clients must have a key that the store trusts. */
    public static EmbeddedBroker ssl(Path directory, Path keys, String password) {
        Map<String, String> settings = new HashMap<>(keyStore(keys, password));
        settings.put("listener.security.protocol.map", "CLIENTS:SSL,CONTROLLER:PLAINTEXT");
        settings.put("ssl.client.auth", "required");
        return EmbeddedBroker.start(directory, 0, settings, List.of());
    }

    /** Settings of a broker or client that is, and trusts, who is in the store. */
    private static Map<String, String> keyStore(Path keys, String password) {
        Map<String, String> settings = new HashMap<>();
        for (String store : List.of("keystore", "truststore")) {
            settings.put("ssl.%s.location".formatted(store), keys.toString());
            settings.put("ssl.%s.type".formatted(store), "PKCS12");
            settings.put("ssl.%s.password".formatted(store), password);
        }
        return settings;
    }

    /**
     * Makes a new key with its certificate, for this machine and for a day.
     *
     * @param passwordVariable the environment variable that holds the store's password
     */
    public static Path makeKeys(Path file, String passwordVariable)
            throws IOException, InterruptedException {
        Path log = Files.createTempFile(file.getParent(), "keytool", ".log");
        Process keytool =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "keytool")
                                        .toString(),
                                "-genkeypair",
                                "-alias",
                                "test",
                                "-keyalg",
                                "EC",
                                "-validity",
                                "1",
                                "-dname",
                                "CN=localhost",
                                "-ext",
                                "san=ip:127.0.0.1,dns:localhost",
                                "-storetype",
                                "PKCS12",
                                "-keystore",
                                file.toString(),
                                "-storepass:env",
                                passwordVariable)
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
        if (keytool.waitFor() != 0) {
            throw new IOException("keytool failed: " + Files.readString(log));
        }
        return file;
    }
}
