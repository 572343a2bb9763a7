package io.ralmspec.job.cli;

import io.ralmspec.kafka.TopicPlan;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.admin.Admin;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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
            names = "--replication-factor",
            defaultValue = "3",
            description = "Copies of each partition (${DEFAULT-VALUE}).")
    private int replicationFactor;

    @Option(names = "--create", description = "Create them instead of printing.")
    private boolean create;

    @Mixin private KafkaOptions kafka = new KafkaOptions();

    @Override
    public Integer call() {
        TopicPlan plan = TopicPlan.load();
        if (!create) {
            plan.commands(kafka.bootstrapServers(), replicationFactor).forEach(System.out::println);
            return 0;
        }
        try (Admin admin = Admin.create(kafka.settings().admin())) {
            List<String> created = plan.createMissing(admin, replicationFactor);
            System.out.println(
                    created.isEmpty()
                            ? "All topics are there."
                            : "Created " + String.join(", ", created) + ".");
        }
        return 0;
    }
}
