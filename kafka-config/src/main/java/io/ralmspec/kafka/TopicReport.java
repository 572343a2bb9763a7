package io.ralmspec.kafka;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;

/**
 * The topics of the plan beside those that a cluster has. Reading it changes nothing.
 *
 * @param rows for each topic of the plan, in its order: whether it is there, its partitions, and
 *     its settings by name
 */
public record TopicReport(List<Row> rows) {
    static final String PARTITIONS = "partitions";
    private static final String REPLICATION = "replication factor";
    private static final String IN_SYNC = "min.insync.replicas";
    private static final String UNKNOWN = "?";

    /** Settings of which more than the plan says does no harm. */
    private static final Set<String> AT_LEAST =
            Set.of(PARTITIONS, "retention.ms", "retention.bytes", "max.message.bytes");

    /**
     * One setting of one topic.
     *
     * @param planned null where the plan says nothing
     * @param found {@code none} for a topic that is not there, {@code ?} where we may not see it
     * @param problem what must be done, or null if nothing
     */
    public record Row(
            String topic,
            String setting,
            @Nullable String planned,
            String found,
            @Nullable String problem) {}

    public TopicReport {
        rows = List.copyOf(rows);
    }

    /**
     * @throws IllegalStateException if the cluster is not there or refuses
     */
    public static TopicReport read(Admin admin, TopicPlan plan) {
        List<Row> rows = new ArrayList<>();
        for (TopicDefinition topic : plan.topics()) {
            TopicDescription description = description(admin, topic);
            if (description == null) {
                String problem =
                        "topic %s must exist: create it, for example with `ralmspec topics --create`"
                                .formatted(topic.name());
                rows.add(new Row(topic.name(), "topic", "exists", "none", problem));
            } else {
                rows.addAll(rows(topic, description, config(admin, topic)));
            }
        }
        return new TopicReport(rows);
    }

    /** What must be done, one line each; empty if the topics are as planned. */
    public List<String> problems() {
        return rows.stream().map(Row::problem).filter(Objects::nonNull).toList();
    }

    private static List<Row> rows(
            TopicDefinition topic, TopicDescription description, @Nullable Config config) {
        List<Row> rows = new ArrayList<>();
        String name = topic.name();
        int copies =
                description.partitions().stream()
                        .mapToInt(partition -> partition.replicas().size())
                        .min()
                        .orElse(0);
        rows.add(
                row(
                        name,
                        PARTITIONS,
                        String.valueOf(topic.partitions()),
                        String.valueOf(description.partitions().size())));
        rows.add(new Row(name, REPLICATION, null, String.valueOf(copies), null));
        Set<String> settings = new TreeSet<>(topic.config().keySet());
        settings.add(IN_SYNC);
        for (String setting : settings) {
            String found = value(config, setting);
            rows.add(
                    setting.equals(IN_SYNC) && !topic.config().containsKey(IN_SYNC)
                            ? inSync(name, found, copies)
                            : row(name, setting, topic.config().get(setting), found));
        }
        return rows;
    }

    /** The plan leaves it to the replication factor, but with more than that nobody can write. */
    private static Row inSync(String topic, String found, int copies) {
        boolean writable = found.equals(UNKNOWN) || Long.parseLong(found) <= copies;
        return new Row(
                topic,
                IN_SYNC,
                null,
                found,
                writable
                        ? null
                        : "`%s` of topic %s must be <= %d, its replication factor (got %s): %s"
                                .formatted(
                                        IN_SYNC,
                                        topic,
                                        copies,
                                        found,
                                        alter(topic, IN_SYNC, String.valueOf(copies))));
    }

    private static Row row(String topic, String setting, @Nullable String planned, String found) {
        if (planned == null || found.equals(UNKNOWN) || found.equals(planned)) {
            return new Row(topic, setting, planned, found, null);
        }
        boolean atLeast = AT_LEAST.contains(setting);
        // -1 is no limit.
        if (atLeast && (found.equals("-1") || Long.parseLong(found) >= Long.parseLong(planned))) {
            return new Row(topic, setting, planned, found, null);
        }
        String remedy =
                setting.equals(PARTITIONS)
                        ? "run kafka-topics.sh --alter --topic %s --partitions %s"
                                .formatted(topic, planned)
                        : alter(topic, setting, planned);
        return new Row(
                topic,
                setting,
                planned,
                found,
                "`%s` of topic %s must be %s%s (got %s): %s"
                        .formatted(setting, topic, atLeast ? ">= " : "", planned, found, remedy));
    }

    private static String alter(String topic, String setting, String value) {
        return "run kafka-configs.sh --alter --entity-type topics --entity-name %s --add-config %s=%s"
                .formatted(topic, setting, value);
    }

    private static String value(@Nullable Config config, String setting) {
        ConfigEntry entry = config == null ? null : config.get(setting);
        return entry == null || entry.value() == null ? UNKNOWN : entry.value();
    }

    private static @Nullable TopicDescription description(Admin admin, TopicDefinition topic) {
        try {
            Map<String, TopicDescription> described =
                    TopicCreator.await(admin.describeTopics(Set.of(topic.name())).allTopicNames());
            return described.get(topic.name());
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownTopicOrPartitionException) {
                return null;
            }
            throw TopicCreator.failed("described", topic, e);
        }
    }

    private static @Nullable Config config(Admin admin, TopicDefinition topic) {
        var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic.name());
        try {
            return TopicCreator.await(admin.describeConfigs(Set.of(resource)).all()).get(resource);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof AuthorizationException) {
                return null;
            }
            throw TopicCreator.failed("described", topic, e);
        }
    }

    /** The rows as a table for people. */
    @Override
    public String toString() {
        List<String[]> lines = new ArrayList<>();
        lines.add(new String[] {"topic", "setting", "plan", "found", ""});
        for (Row row : rows) {
            lines.add(
                    new String[] {
                        row.topic(),
                        row.setting(),
                        row.planned() == null ? "-" : row.planned(),
                        row.found(),
                        row.problem() == null ? "" : "differs"
                    });
        }
        int[] widths = new int[5];
        for (String[] line : lines) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], line[i].length());
            }
        }
        return lines.stream()
                .map(
                        line -> {
                            StringBuilder text = new StringBuilder();
                            for (int i = 0; i < widths.length; i++) {
                                text.append(line[i])
                                        .append(" ".repeat(widths[i] - line[i].length() + 2));
                            }
                            return text.toString().stripTrailing();
                        })
                .collect(Collectors.joining(System.lineSeparator()));
    }
}
