package io.ralmspec.job.cli;

import io.ralmspec.kafka.ClientSettings;
import io.ralmspec.kafka.TopicPlan;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.admin.Admin;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Creates the topics of the plan, or says how. */
@Command(
        name = "topics",
        mixinStandardHelpOptions = true,
        description = {
            "Prints the kafka-topics commands that make the job's topics; with --create, makes"
                    + " those that are missing."
        })
final class TopicsCommand implements Callable<Integer> {
    @Option(
            names = "--bootstrap-servers",
            defaultValue = "localhost:9092",
            description = "Kafka (${DEFAULT-VALUE}).")
    private String bootstrapServers = "";

    @Option(
            names = "--replication-factor",
            defaultValue = "3",
            description = "Copies of each partition (${DEFAULT-VALUE}).")
    private int replicationFactor;

    @Option(names = "--create", description = "Create them instead of printing.")
    private boolean create;

    @Option(
            names = "-K",
            paramLabel = "key=value",
            description = "A Kafka client property; may be repeated.")
    private Map<String, String> properties = new HashMap<>();

    @Override
    public Integer call() {
        TopicPlan plan = TopicPlan.load();
        if (!create) {
            plan.commands(bootstrapServers, replicationFactor).forEach(System.out::println);
            return 0;
        }
        ClientSettings settings =
                ClientSettings.of(bootstrapServers, properties, Map.of(), Map.of());
        try (Admin admin = Admin.create(settings.admin())) {
            List<String> created = plan.createMissing(admin, replicationFactor);
            System.out.println(
                    created.isEmpty()
                            ? "All topics are there."
                            : "Created " + String.join(", ", created) + ".");
        }
        return 0;
    }
}
