package io.ralmspec.kafka;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * One topic of the plan.
 *
 * @param partitions at least 1
 * @param config Kafka's own topic settings, {@code max.message.bytes} among them
 */
public record TopicDefinition(String name, int partitions, Map<String, String> config) {
    static final String MAX_MESSAGE_BYTES = "max.message.bytes";

    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9._-]{1,249}");

    public TopicDefinition {
        if (!NAME.matcher(name).matches() || name.equals(".") || name.equals("..")) {
            throw new IllegalArgumentException(
                    "topic name must be 1 to 249 letters, digits, dots, underscores or hyphens"
                            + " (got %s)".formatted(Shown.name(name)));
        }
        if (partitions < 1) {
            throw new IllegalArgumentException(
                    "`partitions` of topic %s must be >= 1 (got %d)".formatted(name, partitions));
        }
        // Sorted, so that what is printed is always the same.
        config = Collections.unmodifiableMap(new TreeMap<>(config));
        String bytes = config.get(MAX_MESSAGE_BYTES);
        if (bytes == null || !bytes.matches("[1-9][0-9]{0,8}")) {
            throw new IllegalArgumentException(
                    "`%s` of topic %s must be a number of bytes (got %s)"
                            .formatted(MAX_MESSAGE_BYTES, name, bytes));
        }
    }

    public TopicDefinition withName(String newName) {
        return new TopicDefinition(newName, partitions, config);
    }

    public TopicDefinition withPartitions(int newPartitions) {
        return new TopicDefinition(name, newPartitions, config);
    }

    /**
     * @param bytes the largest batch that the topic is to take, in [1, 999999999]
     */
    public TopicDefinition withMaxMessageBytes(int bytes) {
        var changed = new TreeMap<>(config);
        changed.put(MAX_MESSAGE_BYTES, Integer.toString(bytes));
        return new TopicDefinition(name, partitions, changed);
    }

    /** Largest batch, which is also the largest record, that the topic takes, in bytes. */
    public int maxMessageBytes() {
        return Integer.parseInt(config.getOrDefault(MAX_MESSAGE_BYTES, "0"));
    }
}
