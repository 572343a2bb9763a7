package io.ralmspec.job.local;

import io.ralmspec.job.FlinkDefaults;
import io.ralmspec.job.JobOptions;
import io.ralmspec.job.JobSettings;
import io.ralmspec.job.OnnxServingFactory;
import io.ralmspec.job.OptionsReader;
import io.ralmspec.job.RalmTopology;
import io.ralmspec.kafka.ClientSettings;
import io.ralmspec.kafka.TopicPlan;
import io.ralmspec.streaming.ServingFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.JobManagerOptions;
import org.apache.flink.configuration.MetricOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.RecoveryClaimMode;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.kafka.clients.admin.Admin;
import org.jspecify.annotations.Nullable;

/**
 * The whole service on this machine: the job in a local Flink cluster with its web UI, and, unless
 * an outside Kafka is given, an embedded broker. Creates the topics that are missing.
 */
public final class LocalService implements AutoCloseable {
    /** Stands for the embedded broker's address while it is not known yet. */
    public static final String EMBEDDED = "localhost:9092";

    private final @Nullable EmbeddedBroker broker;
    private final Configuration options;
    private final JobClient job;
    private final int uiPort;

    private LocalService(
            @Nullable EmbeddedBroker broker, Configuration options, JobClient job, int uiPort) {
        this.broker = broker;
        this.options = options;
        this.job = job;
        this.uiPort = uiPort;
    }

    /**
     * Starts everything and waits until the job runs.
     *
     * @param values options as in {@link JobOptions} and Flink's; without bootstrap servers an
     *     embedded broker is started
     * @param directory for the broker's log and checkpoints; with that of an earlier run, the job
     *     goes on from its last checkpoint
     * @param brokerPort of the embedded broker; 0 for any free one
     * @param uiPort of the Flink UI
     */
    public static LocalService start(
            Map<String, String> values, Path directory, int brokerPort, int uiPort)
            throws Exception {
        return start(values, directory, brokerPort, uiPort, OnnxServingFactory::new);
    }

    /** The same with another model and knowledge base. */
    public static LocalService start(
            Map<String, String> values,
            Path directory,
            int brokerPort,
            int uiPort,
            Function<Configuration, ServingFactory> serving)
            throws Exception {
        Map<String, String> all = new HashMap<>(values);
        // With any address in place of one that is not known yet, everything else can be checked.
        all.putIfAbsent(JobOptions.BOOTSTRAP_SERVERS.key(), EMBEDDED);
        // Opened and closed once, so that what is wrong with it is said here, before anything runs.
        serving.apply(OptionsReader.checked(all)).open().close();
        EmbeddedBroker broker = null;
        try {
            if (!values.containsKey(JobOptions.BOOTSTRAP_SERVERS.key())) {
                broker = EmbeddedBroker.start(directory.resolve("kafka"), brokerPort);
                all.put(JobOptions.BOOTSTRAP_SERVERS.key(), broker.bootstrapServers());
            }
            Configuration options = OptionsReader.checked(all);
            createTopics(options);
            JobClient job = submit(options, directory, uiPort, serving.apply(options));
            return new LocalService(broker, options, job, uiPort);
        } catch (Throwable e) {
            if (broker != null) {
                broker.close();
            }
            throw e;
        }
    }

    public String bootstrapServers() {
        return options.get(JobOptions.BOOTSTRAP_SERVERS);
    }

    public ClientSettings clients() {
        return JobSettings.clients(options);
    }

    public TopicPlan topics() {
        return JobSettings.topics(options);
    }

    /** The address of the Flink UI. */
    public String uiAddress() {
        return "http://localhost:" + uiPort;
    }

    /** Waits until the job ends, which it does only by failing or from outside. */
    public void awaitEnd() throws InterruptedException, ExecutionException {
        job.getJobExecutionResult().get();
    }

    @Override
    public void close() throws Exception {
        try {
            job.cancel().get(30, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            // It has ended by itself, or the cluster goes down with this process anyway.
        } finally {
            if (broker != null) {
                broker.close();
            }
        }
    }

    private static void createTopics(Configuration options) {
        try (Admin admin = Admin.create(JobSettings.clients(options).admin())) {
            JobSettings.topics(options).createMissing(admin, 1);
        }
    }

    /** Flink would listen everywhere, and its REST interface runs what anybody uploads. */
    private static void listenOnThisMachineOnly(Configuration flink) {
        for (ConfigOption<String> option :
                List.of(
                        RestOptions.BIND_ADDRESS,
                        JobManagerOptions.BIND_HOST,
                        TaskManagerOptions.BIND_HOST)) {
            if (!flink.contains(option)) {
                flink.set(option, "localhost");
            }
        }
    }

    private static JobClient submit(
            Configuration options, Path directory, int uiPort, ServingFactory serving)
            throws Exception {
        Configuration flink = JobSettings.flink(options);
        flink.addAll(FlinkDefaults.missingFrom(options));
        flink.set(RestOptions.BIND_PORT, String.valueOf(uiPort));
        flink.set(RestOptions.PORT, uiPort);
        listenOnThisMachineOnly(flink);
        flink.set(MetricOptions.METRIC_FETCHER_UPDATE_INTERVAL, Duration.ofSeconds(1));
        if (!flink.contains(CheckpointingOptions.CHECKPOINTS_DIRECTORY)) {
            Path checkpoints = directory.resolve("checkpoints");
            flink.set(CheckpointingOptions.CHECKPOINTS_DIRECTORY, checkpoints.toUri().toString());
            Checkpoints.newest(checkpoints)
                    .ifPresent(
                            checkpoint -> {
                                flink.set(
                                        StateRecoveryOptions.SAVEPOINT_PATH,
                                        checkpoint.toUri().toString());
                                flink.set(
                                        StateRecoveryOptions.RESTORE_MODE, RecoveryClaimMode.CLAIM);
                            });
        }
        StreamExecutionEnvironment env =
                StreamExecutionEnvironment.createLocalEnvironmentWithWebUI(flink);
        if (!flink.contains(CoreOptions.DEFAULT_PARALLELISM)) {
            env.setParallelism(1);
        }
        RalmTopology.build(env, options, serving);
        JobClient job = env.executeAsync("ralmspec");
        while (job.getJobStatus().get() != JobStatus.RUNNING) {
            if (job.getJobStatus().get().isGloballyTerminalState()) {
                job.getJobExecutionResult().get();
                throw new IllegalStateException("the job ended before it ran");
            }
            Thread.sleep(50);
        }
        return job;
    }
}
