package io.ralmspec.job.cli;

import io.ralmspec.kafka.TopicPlan;
import io.ralmspec.kafka.TopicPlan.Role;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Option;

/** The plan with names and partitions of one's own. */
final class TopicNameOptions {
    @Option(
            names = "--name",
            paramLabel = "requests|answers|deltas|dead-letters=NAME",
            description = "Another name for a topic; may be repeated.")
    private Map<String, String> names = new HashMap<>();

    @Option(
            names = "--partitions",
            paramLabel = "requests|answers|deltas|dead-letters=N",
            description = "Another number of partitions; may be repeated.")
    private Map<String, Integer> partitions = new HashMap<>();

    /**
     * @throws IllegalArgumentException if no topic is for that, or a value is not allowed
     */
    TopicPlan plan() {
        TopicPlan plan = TopicPlan.load();
        for (Map.Entry<String, String> each : names.entrySet()) {
            plan = plan.withName(role("--name", each.getKey()), each.getValue());
        }
        for (Map.Entry<String, Integer> each : partitions.entrySet()) {
            plan = plan.withPartitions(role("--partitions", each.getKey()), each.getValue());
        }
        return plan;
    }

    private static Role role(String option, String word) {
        for (Role role : Role.values()) {
            if (role.name().toLowerCase(Locale.ROOT).replace('_', '-').equals(word)) {
                return role;
            }
        }
        throw new IllegalArgumentException(
                "%s must be for requests, answers, deltas or dead-letters (got %s)"
                        .formatted(option, word));
    }
}
