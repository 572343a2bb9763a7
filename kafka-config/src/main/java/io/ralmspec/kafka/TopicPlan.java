package io.ralmspec.kafka;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.apache.kafka.clients.admin.Admin;

/**
 * The four topics: requests in; answers, deltas and dead letters out. The plan is the resource
 * {@code topics.yaml}, which code, chart and docs share.
 */
public record TopicPlan(
        TopicDefinition requests,
        TopicDefinition answers,
        TopicDefinition deltas,
        TopicDefinition deadLetters) {
    /** The plan's topics by what they are for. */
    public enum Role {
        REQUESTS,
        ANSWERS,
        DELTAS,
        DEAD_LETTERS
    }

    public TopicPlan {
        var names = new HashSet<String>();
        for (TopicDefinition topic : List.of(requests, answers, deltas, deadLetters)) {
            if (!names.add(topic.name())) {
                throw new IllegalArgumentException(
                        "topics must have different names (got %s twice)".formatted(topic.name()));
            }
        }
    }

    /** The plan as it ships. */
    public static TopicPlan load() {
        try (InputStream yaml = Resources.open("topics.yaml")) {
            return YAMLMapper.builder()
                    .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
                    .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
                    .build()
                    .readValue(yaml, TopicPlan.class);
        } catch (IOException e) {
            throw new UncheckedIOException("topics.yaml in this program's jar can't be read", e);
        }
    }

    public TopicDefinition topic(Role role) {
        return switch (role) {
            case REQUESTS -> requests;
            case ANSWERS -> answers;
            case DELTAS -> deltas;
            case DEAD_LETTERS -> deadLetters;
        };
    }

    /** All four, requests first. */
    public List<TopicDefinition> topics() {
        return List.of(requests, answers, deltas, deadLetters);
    }

    /** The plan with one topic replaced. */
    public TopicPlan with(Role role, TopicDefinition topic) {
        return new TopicPlan(
                role == Role.REQUESTS ? topic : requests,
                role == Role.ANSWERS ? topic : answers,
                role == Role.DELTAS ? topic : deltas,
                role == Role.DEAD_LETTERS ? topic : deadLetters);
    }

    public TopicPlan withName(Role role, String name) {
        return with(role, topic(role).withName(name));
    }

    public TopicPlan withPartitions(Role role, int partitions) {
        return with(role, topic(role).withPartitions(partitions));
    }

    public TopicPlan withMaxMessageBytes(Role role, int bytes) {
        return with(role, topic(role).withMaxMessageBytes(bytes));
    }

    /**
     * Checks, and changes nothing.
     *
     * @throws IllegalStateException if a topic is missing or takes smaller records than the plan
     *     says, or the broker is not there or refuses
     */
    public void check(Admin admin) {
        new TopicCreator(admin, 1).check(topics());
    }

    /**
     * Creates the topics that are not there yet and checks those that are. May be run again, and by
     * several at once.
     *
     * @param replicationFactor copies of each new partition, at least 1; from 2 on all but one must
     *     be in sync for a write
     * @return the names of the topics that this call created
     * @throws IllegalStateException if a topic that was there takes smaller records than the plan
     *     says, or the broker refuses
     */
    public List<String> createMissing(Admin admin, int replicationFactor) {
        return new TopicCreator(admin, checked(replicationFactor)).createMissing(topics());
    }

    /** The plan as {@code kafka-topics} commands, one a line. */
    public List<String> commands(String bootstrapServers, int replicationFactor) {
        checked(replicationFactor);
        List<String> commands = new ArrayList<>();
        for (TopicDefinition topic : topics()) {
            var command = new StringBuilder("kafka-topics.sh --bootstrap-server ");
            command.append(bootstrapServers);
            command.append(" --create --if-not-exists --topic ").append(topic.name());
            command.append(" --partitions ").append(topic.partitions());
            command.append(" --replication-factor ").append(replicationFactor);
            TopicCreator.config(topic, replicationFactor)
                    .forEach(
                            (key, value) ->
                                    command.append(" --config %s=%s".formatted(key, value)));
            commands.add(command.toString());
        }
        return commands;
    }

    static int checked(int replicationFactor) {
        if (replicationFactor < 1 || replicationFactor > Short.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "`replicationFactor` must be in [1, %d] (got %d)"
                            .formatted(Short.MAX_VALUE, replicationFactor));
        }
        return replicationFactor;
    }
}
