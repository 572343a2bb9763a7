package io.ralmspec.kafka;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;

/** Creates topics on a broker, or checks those that are there. */
final class TopicCreator {
    private static final Duration VISIBLE_WITHIN = Duration.ofSeconds(30);
    private static final Duration POLL = Duration.ofMillis(50);

    private final Admin admin;
    private final int replicationFactor;

    TopicCreator(Admin admin, int replicationFactor) {
        this.admin = admin;
        this.replicationFactor = replicationFactor;
    }

    /** What a topic is created with. */
    static Map<String, String> config(TopicDefinition topic, int replicationFactor) {
        var config = new TreeMap<>(topic.config());
        // Producers wait for all copies in sync; one may be down without writes being refused.
        config.putIfAbsent(
                "min.insync.replicas", Integer.toString(Math.max(1, replicationFactor - 1)));
        return config;
    }

    List<String> createMissing(List<TopicDefinition> topics) {
        List<String> created = new ArrayList<>();
        for (TopicDefinition topic : topics) {
            // Asking first spares the right to create topics where somebody else did it.
            if (!exists(topic) && create(topic)) {
                created.add(topic.name());
            }
        }
        topics.forEach(this::check);
        return created;
    }

    /** Changes nothing. */
    void check(List<TopicDefinition> topics) {
        List<String> missing =
                topics.stream().filter(t -> !exists(t)).map(TopicDefinition::name).toList();
        if (!missing.isEmpty()) {
            throw new IllegalStateException(
                    "topics must exist (got none named %s): create them, for example with `ralmspec"
                                    .formatted(String.join(", ", missing))
                            + " topics --create`");
        }
        topics.forEach(this::check);
    }

    private boolean exists(TopicDefinition topic) {
        try {
            await(admin.describeTopics(Set.of(topic.name())).allTopicNames());
            return true;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownTopicOrPartitionException) {
                return false;
            }
            throw failed("described", topic, e);
        }
    }

    /** False if another process was faster. */
    private boolean create(TopicDefinition topic) {
        var request =
                new NewTopic(topic.name(), topic.partitions(), (short) replicationFactor)
                        .configs(config(topic, replicationFactor));
        try {
            await(admin.createTopics(Set.of(request)).all());
            return true;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof TopicExistsException) {
                return false;
            }
            if (e.getCause() instanceof InvalidReplicationFactorException refused) {
                throw new IllegalStateException(
                        "topic %s can't be created: its replication factor must be <= the brokers that run (got %d): choose it with `ralmspec topics --create --replication-factor`"
                                .formatted(topic.name(), replicationFactor),
                        refused);
            }
            throw failed("created", topic, e);
        }
    }

    private void check(TopicDefinition topic) {
        var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic.name());
        Config config = described(topic, resource);
        ConfigEntry entry = config == null ? null : config.get(TopicDefinition.MAX_MESSAGE_BYTES);
        String value = entry == null ? null : entry.value();
        if (value != null && Long.parseLong(value) < topic.maxMessageBytes()) {
            String name = topic.name();
            int bytes = topic.maxMessageBytes();
            throw new IllegalStateException(
                    "`%1$s` of topic %2$s must be >= %3$d (got %4$s): run kafka-configs.sh --alter"
                                    .formatted(
                                            TopicDefinition.MAX_MESSAGE_BYTES, name, bytes, value)
                            + " --entity-type topics --entity-name %s --add-config %s=%d"
                                    .formatted(name, TopicDefinition.MAX_MESSAGE_BYTES, bytes));
        }
    }

    /** A topic that was just created is not known to every broker yet. */
    private @Nullable Config described(TopicDefinition topic, ConfigResource resource) {
        long start = System.nanoTime();
        while (true) {
            try {
                return await(admin.describeConfigs(Set.of(resource)).all()).get(resource);
            } catch (ExecutionException e) {
                if (e.getCause() instanceof AuthorizationException) {
                    // Reading and writing do not need the right to see a topic's settings.
                    return null;
                }
                if (!(e.getCause() instanceof UnknownTopicOrPartitionException)
                        || System.nanoTime() - start > VISIBLE_WITHIN.toNanos()) {
                    throw failed("described", topic, e);
                }
            }
            try {
                Thread.sleep(POLL);
            } catch (InterruptedException e) {
                throw interrupted(e);
            }
        }
    }

    static <T> T await(KafkaFuture<T> future) throws ExecutionException {
        try {
            return future.get();
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private static IllegalStateException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new IllegalStateException("interrupted while waiting for the broker", e);
    }

    static IllegalStateException failed(String what, TopicDefinition topic, ExecutionException e) {
        Throwable cause = e.getCause() == null ? e : e.getCause();
        if (cause instanceof AuthenticationException) {
            return new IllegalStateException(
                    "Kafka must know who we are (got `%s`): check `security.protocol`, `sasl.*` and"
                                    .formatted(cause.getMessage())
                            + " `ssl.*` of the Kafka client properties",
                    cause);
        }
        if (cause instanceof TimeoutException) {
            return new IllegalStateException(
                    "Kafka must answer (got `%s`): check the bootstrap servers, and that"
                                    .formatted(cause.getMessage())
                            + " `security.protocol` is the brokers' own",
                    cause);
        }
        return new IllegalStateException(
                "topic %s can't be %s: %s".formatted(topic.name(), what, cause), cause);
    }
}
