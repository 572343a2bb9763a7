package io.ralmspec.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.job.ChaosRun.Delivery;
import io.ralmspec.streaming.MetricName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.checkpoint.CheckpointStatsSnapshot;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What checkpoints do and cost under load, in time and bytes. */
class ChaosLoadITCase {
    private static final int REQUESTS = 600;

    /** What a request of 40 tokens may take in a savepoint, all of the job's state counted in. */
    private static final long MAX_BYTES_PER_REQUEST = 4096;

    private static final long STEP_MILLIS = 5;

    @TempDir static Path directory;
    private static ChaosCluster cluster;

    @BeforeAll
    static void start() throws Exception {
        cluster = new ChaosCluster(directory);
    }

    @AfterAll
    static void stop() throws Exception {
        cluster.close();
    }

    @Test
    void checkpointsCompleteWhileTheModelIsSaturated() throws Exception {
        try (ChaosRun run =
                new ChaosRun(
                        cluster,
                        "checkpoints under load",
                        Delivery.EXACTLY_ONCE,
                        Map.of(JobOptions.MAX_IN_FLIGHT.key(), String.valueOf(REQUESTS)))) {
            run.serving.takeTime(STEP_MILLIS, 5);
            run.start(2);
            run.send(NumberedRequests.of(0, REQUESTS));
            run.await("requests in flight", () -> run.sum(MetricName.IN_FLIGHT) >= REQUESTS / 2);

            long before = run.completedCheckpoints();
            int steps = run.serving.steps.get();
            long startNanos = System.nanoTime();
            run.await("5 s", () -> System.nanoTime() - startNanos > 5e9);
            double seconds = (System.nanoTime() - startNanos) / 1e9;
            double busy = (run.serving.steps.get() - steps) * STEP_MILLIS / 1000.0 / seconds;
            CheckpointStatsSnapshot stats = run.checkpoints();
            long completed = stats.getCounts().getNumberOfCompletedCheckpoints() - before;
            long slowest = stats.getSummaryStats().getEndToEndDurationStats().getMaximum();

            long bytes = size(savepoint(run));
            long inFlight = run.sum(MetricName.IN_FLIGHT);
            System.out.printf(
                    Locale.ROOT,
                    "checkpoints under load: %d requests in flight, model busy %.0f%%, %d"
                            + " checkpoints in %.1f s (slowest %d ms), savepoint %d bytes, %d bytes"
                            + " per request%n",
                    inFlight,
                    100 * busy,
                    completed,
                    seconds,
                    slowest,
                    bytes,
                    bytes / inFlight);
            assertThat(inFlight).isGreaterThanOrEqualTo(REQUESTS / 3);
            assertThat(busy).as("share of time that the model works").isGreaterThan(0.7);
            assertThat(completed).isGreaterThanOrEqualTo(5);
            assertThat(slowest).as("slowest checkpoint in ms").isLessThan(3_000);
            assertThat(bytes / inFlight).isLessThan(MAX_BYTES_PER_REQUEST);
            run.finish(0);
        }
    }

    @Test
    void exactlyOnceCostsTheWaitForACheckpoint() throws Exception {
        Duration atLeastOnce = medianLatency(Delivery.AT_LEAST_ONCE);
        Duration exactlyOnce = medianLatency(Delivery.EXACTLY_ONCE);
        // Half an interval on average, and the checkpoint itself.
        assertThat(exactlyOnce.minus(atLeastOnce))
                .isBetween(Duration.ofMillis(250), Duration.ofMillis(2_500));
    }

    private static Duration medianLatency(Delivery delivery) throws Exception {
        try (ChaosRun run =
                new ChaosRun(
                        cluster,
                        "latency",
                        delivery,
                        Map.of("execution.checkpointing.interval", "1 s"))) {
            run.serving.takeTime(1, 2);
            run.start(1);
            run.send(NumberedRequests.of(0, 10));
            run.awaitAnswered(10);
            List<DecodingRequest> timed = NumberedRequests.of(10, 60);
            for (DecodingRequest request : timed) {
                run.send(List.of(request));
                Thread.sleep(75);
            }
            run.awaitAnswered(60);
            List<Duration> latencies = run.latencies(timed);
            System.out.printf(
                    Locale.ROOT,
                    "latency, %s, checkpoints each 1 s: p50=%d ms p95=%d ms max=%d ms%n",
                    delivery,
                    latencies.get(latencies.size() / 2).toMillis(),
                    latencies.get(latencies.size() * 95 / 100).toMillis(),
                    latencies.getLast().toMillis());
            run.finish(0);
            return latencies.get(latencies.size() / 2);
        }
    }

    private static Path savepoint(ChaosRun run) throws Exception {
        cluster.flink
                .triggerSavepoint(
                        run.job(),
                        run.savepoints().toUri().toString(),
                        false,
                        SavepointFormatType.CANONICAL)
                .get(60, TimeUnit.SECONDS);
        return run.savepoints();
    }

    private static long size(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile)
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        }
    }
}
