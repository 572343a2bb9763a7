package io.ralmspec.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.job.local.EmbeddedBroker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.WebOptions;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.runtime.testutils.InMemoryReporter;

/**
 * A real broker and a Flink cluster of three TaskManagers with one slot each, in this JVM, for a
 * test to take down and start again. A TaskManager goes as on an orderly shutdown: its tasks are
 * failed, its state is gone, and the JobManager hears of it at once.
 */
final class ChaosCluster implements AutoCloseable {
    static final int TASK_MANAGERS = 3;

    final MiniCluster flink;
    final Path directory;
    private final InMemoryReporter reporter = InMemoryReporter.createWithRetainedMetrics();
    private final String bootstrapServers;
    private final Deque<Integer> running = new ArrayDeque<>();
    private EmbeddedBroker broker;
    private int started;

    ChaosCluster(Path directory) throws Exception {
        this.directory = directory;
        broker = EmbeddedBroker.start(directory.resolve("kafka"), 0);
        bootstrapServers = broker.bootstrapServers();
        Configuration configuration = reporter.addToConfiguration(new Configuration());
        configuration.set(RestOptions.BIND_PORT, "0");
        configuration.set(CoreOptions.TMP_DIRS, directory.toString());
        configuration.set(WebOptions.CHECKPOINTS_HISTORY_SIZE, 1_000);
        flink =
                new MiniCluster(
                        new MiniClusterConfiguration.Builder()
                                .setConfiguration(configuration)
                                .setNumTaskManagers(TASK_MANAGERS)
                                .setNumSlotsPerTaskManager(1)
                                .build());
        flink.start();
        while (started < TASK_MANAGERS) {
            running.add(started++);
        }
    }

    String bootstrapServers() {
        return bootstrapServers;
    }

    InMemoryReporter reporter() {
        return reporter;
    }

    /** Ends that many TaskManagers at the same time. */
    void killTaskManagers(int count) throws Exception {
        List<CompletableFuture<Void>> gone = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            gone.add(flink.terminateTaskManager(running.removeFirst()));
        }
        for (CompletableFuture<Void> one : gone) {
            one.get(60, TimeUnit.SECONDS);
        }
    }

    /** Starts new ones for those that were ended. */
    void startTaskManagers() throws Exception {
        while (running.size() < TASK_MANAGERS) {
            flink.startTaskManager();
            running.add(started++);
        }
    }

    void stopBroker() {
        broker.close();
    }

    /** The same broker again: its port, and what it had written. */
    void startBroker() {
        int port =
                Integer.parseInt(bootstrapServers.substring(bootstrapServers.lastIndexOf(':') + 1));
        broker = EmbeddedBroker.start(directory.resolve("kafka"), port);
        assertThat(broker.bootstrapServers()).isEqualTo(bootstrapServers);
    }

    @Override
    public void close() throws Exception {
        try {
            flink.closeAsync().get(Duration.ofMinutes(1).toMillis(), TimeUnit.MILLISECONDS);
        } finally {
            broker.close();
        }
    }
}
