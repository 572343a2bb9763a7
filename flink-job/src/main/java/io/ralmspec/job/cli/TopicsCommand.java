package io.ralmspec.job.cli;

import io.ralmspec.kafka.StrimziTopics;
import io.ralmspec.kafka.TopicPlan;
import io.ralmspec.kafka.TopicReport;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.admin.Admin;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Creates, shows and checks the topics of the plan, or says how to make them. */
@Command(
        name = "topics",
        mixinStandardHelpOptions = true,
        description = {
            "Prints the kafka-topics commands that make the job's topics, or does one of --create,"
                    + " --describe, --check and --strimzi."
        })
final class TopicsCommand implements Callable<Integer> {
    @Spec private CommandSpec spec = CommandSpec.create();

    @ArgGroup(exclusive = true)
    private Action action = new Action();

    @Option(
            names = "--replication-factor",
            defaultValue = "3",
            description = "Copies of each partition that is made (${DEFAULT-VALUE}).")
    private int replicationFactor;

    @Option(
            names = "--namespace",
            description = "Namespace of Strimzi's Kafka resource, for --strimzi.")
    private @Nullable String namespace;

    @Mixin private TopicNameOptions topics = new TopicNameOptions();

    @Mixin private KafkaOptions kafka = new KafkaOptions();

    private static final class Action {
        @Option(names = "--create", description = "Creates the topics that are missing.")
        private boolean create;

        @Option(names = "--describe", description = "Shows the plan beside what Kafka has.")
        private boolean describe;

        @Option(
                names = "--check",
                description = "Lists what must be changed; exit code 1 if there is anything.")
        private boolean check;

        @Option(
                names = "--strimzi",
                paramLabel = "CLUSTER",
                description = "Prints KafkaTopic resources for Strimzi's Kafka of this name.")
        private @Nullable String strimzi;
    }

    @Override
    public Integer call() {
        TopicPlan plan = topics.plan();
        PrintWriter out = spec.commandLine().getOut();
        int exitCode = 0;
        if (action.strimzi != null) {
            out.print(StrimziTopics.yaml(plan, action.strimzi, namespace, replicationFactor));
        } else if (action.create || action.describe || action.check) {
            try (Admin admin = Admin.create(kafka.settings().admin())) {
                exitCode = withBroker(admin, plan, out);
            }
        } else {
            plan.commands(kafka.bootstrapServers(), replicationFactor).forEach(out::println);
        }
        out.flush();
        return exitCode;
    }

    private int withBroker(Admin admin, TopicPlan plan, PrintWriter out) {
        if (action.create) {
            List<String> created = plan.createMissing(admin, replicationFactor);
            out.println(
                    created.isEmpty()
                            ? "All topics are there."
                            : "Created " + String.join(", ", created) + ".");
            return 0;
        }
        TopicReport report = TopicReport.read(admin, plan);
        if (action.describe) {
            out.println(report);
            return 0;
        }
        report.problems().forEach(out::println);
        if (report.problems().isEmpty()) {
            out.println("All topics are as planned.");
            return 0;
        }
        return 1;
    }
}
