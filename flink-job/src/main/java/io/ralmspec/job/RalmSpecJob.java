package io.ralmspec.job;

import java.util.ArrayList;
import java.util.List;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.kafka.clients.admin.Admin;

/** The main class that is submitted to a Flink cluster. */
public final class RalmSpecJob {
    private static final String PRINT_CONFIG = "--print-config";

    private RalmSpecJob() {}

    /**
     * {@code [--print-config] [--config FILE] [-Dkey=value]...}, see {@link OptionsReader}. With
     * the first, shows the options in force, secrets masked, and ends.
     *
     * @throws IllegalStateException if Kafka or a topic is not there, or Kafka refuses us
     */
    public static void main(String[] arguments) throws Exception {
        List<String> assignments = new ArrayList<>(List.of(arguments));
        boolean print = assignments.removeIf(PRINT_CONFIG::equals);
        Configuration options = OptionsReader.read(assignments);
        if (print) {
            System.out.print(ShownOptions.text(options));
            return;
        }
        if (options.get(JobOptions.CHECK_TOPICS)) {
            checkTopics(options);
        }
        StreamExecutionEnvironment env =
                StreamExecutionEnvironment.getExecutionEnvironment(JobSettings.flink(options));
        env.configure(FlinkDefaults.missingFrom(env.getConfiguration()));
        RalmTopology.build(env, options, new OnnxServingFactory(options));
        env.execute("ralmspec");
    }

    /**
     * What is wrong with Kafka is said here, once. A job that runs would restart over it, and say
     * it in the log of some machine.
     */
    private static void checkTopics(Configuration options) {
        try (Admin admin = Admin.create(JobSettings.clients(options).admin())) {
            JobSettings.topics(options).check(admin);
        }
    }
}
