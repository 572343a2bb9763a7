package io.ralmspec.job.local;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.MetadataVersion;

/**
 * One real Kafka broker in KRaft mode inside this JVM, for trying things out and for tests. It
 * listens on the loopback address only and keeps its log in a directory, which may be used again.
 *
 * <p>The classes behind it are Kafka's own server, not a public API: this is the only place that
 * touches them.
 */
public final class EmbeddedBroker implements AutoCloseable {
    private static final int NODE_ID = 1;
    private static final String HOST = "127.0.0.1";
    private static final String LISTENER = "CLIENTS";

    private final KafkaRaftServer server;
    private final int port;

    private EmbeddedBroker(KafkaRaftServer server, int port) {
        this.server = server;
        this.port = port;
    }

    /**
     * Starts a broker and waits until it serves.
     *
     * @param port 0 for any free one
     */
    public static EmbeddedBroker start(Path directory, int port) {
        return start(directory, port, Map.of(), List.of());
    }

    /**
     * The same with more of Kafka's own settings.
     *
     * @param settings win over ours; the one listener for clients is {@value #LISTENER}
     * @param scramCredentials users that a fresh directory knows, as {@code kafka-storage.sh format
     *     --add-scram} takes them
     */
    static EmbeddedBroker start(
            Path directory, int port, Map<String, String> settings, List<String> scramCredentials) {
        int brokerPort = port == 0 ? freePort() : port;
        int controllerPort = freePort();
        Path log = directory.resolve("log");
        boolean fresh = !Files.exists(log.resolve("meta.properties"));
        Map<String, String> properties = properties(log, brokerPort, controllerPort);
        properties.putAll(settings);
        KafkaConfig config = new KafkaConfig(properties, false);
        if (fresh) {
            format(log, scramCredentials);
        }
        KafkaRaftServer server = new KafkaRaftServer(config, Time.SYSTEM);
        server.startup();
        return new EmbeddedBroker(server, brokerPort);
    }

    public String bootstrapServers() {
        return HOST + ":" + port;
    }

    @Override
    public void close() {
        server.shutdown();
        server.awaitShutdown();
    }

    private static Map<String, String> properties(Path log, int port, int controllerPort) {
        Map<String, String> properties = new HashMap<>();
        properties.put("process.roles", "broker,controller");
        properties.put("node.id", String.valueOf(NODE_ID));
        properties.put("controller.quorum.voters", voter(controllerPort));
        properties.put("controller.listener.names", "CONTROLLER");
        properties.put(
                "listeners",
                "%s://%s:%d,CONTROLLER://%s:%d"
                        .formatted(LISTENER, HOST, port, HOST, controllerPort));
        properties.put("advertised.listeners", "%s://%s:%d".formatted(LISTENER, HOST, port));
        properties.put("inter.broker.listener.name", LISTENER);
        properties.put(
                "listener.security.protocol.map", LISTENER + ":PLAINTEXT,CONTROLLER:PLAINTEXT");
        properties.put("log.dirs", log.toString());
        properties.put("offsets.topic.replication.factor", "1");
        properties.put("offsets.topic.num.partitions", "1");
        properties.put("transaction.state.log.replication.factor", "1");
        properties.put("transaction.state.log.min.isr", "1");
        properties.put("transaction.state.log.num.partitions", "1");
        properties.put("share.coordinator.state.topic.replication.factor", "1");
        properties.put("share.coordinator.state.topic.min.isr", "1");
        properties.put("group.initial.rebalance.delay.ms", "0");
        properties.put("auto.create.topics.enable", "false");
        properties.put("socket.request.max.bytes", String.valueOf(64 << 20));
        return properties;
    }

    private static String voter(int controllerPort) {
        return "%d@%s:%d".formatted(NODE_ID, HOST, controllerPort);
    }

    private static void format(Path log, List<String> scramCredentials) {
        try {
            Files.createDirectories(log);
            new Formatter()
                    .setPrintStream(new PrintStream(OutputStream.nullOutputStream(), false, UTF_8))
                    .setNodeId(NODE_ID)
                    .setClusterId(Uuid.randomUuid().toString())
                    .setReleaseVersion(MetadataVersion.latestProduction())
                    .setControllerListenerName("CONTROLLER")
                    .setMetadataLogDirectory(log.toString())
                    .addDirectory(log.toString())
                    .setScramArguments(scramCredentials)
                    .run();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException("could not format the broker's log at " + log, e);
        }
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(HOST))) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException("no free port on " + HOST, e);
        }
    }
}
