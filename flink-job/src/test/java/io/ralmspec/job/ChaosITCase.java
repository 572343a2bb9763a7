package io.ralmspec.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ralmspec.job.ChaosRun.Delivery;
import io.ralmspec.job.ChaosServing.Point;
import io.ralmspec.streaming.MetricName;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.jobgraph.SavepointRestoreSettings;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The real job with a real broker, taken down in every way we know of while requests are in flight.
 * Every test shows that its fault hit; {@link ChaosRun#finish} shows that nobody noticed.
 */
class ChaosITCase {
    private static final int REQUESTS = 120;

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

    @ParameterizedTest
    @EnumSource
    void oneTaskManagerIsKilled(Delivery delivery) throws Exception {
        try (ChaosRun run = busyRun("one TaskManager killed", delivery, Map.of())) {
            run.finish(killTaskManagers(run, 1));
        }
    }

    @ParameterizedTest
    @EnumSource
    void allTaskManagersAreKilled(Delivery delivery) throws Exception {
        try (ChaosRun run = busyRun("all TaskManagers killed", delivery, Map.of())) {
            run.finish(killTaskManagers(run, ChaosCluster.TASK_MANAGERS));
        }
    }

    @ParameterizedTest
    @EnumSource
    void aTaskManagerIsKilledWhileCheckpointsAreUnaligned(Delivery delivery) throws Exception {
        Map<String, String> unaligned = Map.of("execution.checkpointing.unaligned.enabled", "true");
        try (ChaosRun run = busyRun("unaligned checkpoints", delivery, unaligned)) {
            // Flink calls a single one unaligned only if records were on their way on the edges,
            // which the loop keeps empty.
            assertThat(
                            run.graph()
                                    .getCheckpointCoordinatorConfiguration()
                                    .isUnalignedCheckpointsEnabled())
                    .isTrue();
            run.finish(killTaskManagers(run, 1));
        }
    }

    @ParameterizedTest
    @EnumSource
    void theIndexBreaksUnderATask(Delivery delivery) throws Exception {
        try (ChaosRun run = busyRun("error in the index", delivery, Map.of())) {
            long faultNanos = System.nanoTime();
            run.serving.fail(Point.SCORES, 1);
            sendTheRest(run);
            double recovery = awaitRecovery(run, 1, faultNanos);
            assertThat(run.serving.thrown(Point.SCORES)).isEqualTo(1);
            run.finish(recovery);
        }
    }

    @ParameterizedTest
    @EnumSource
    void theBrokerIsRestarted(Delivery delivery) throws Exception {
        try (ChaosRun run = busyRun("broker restarted", delivery, Map.of())) {
            long faultNanos = System.nanoTime();
            cluster.stopBroker();
            assertThatThrownBy(this::connect).isInstanceOf(IOException.class);
            // What was fetched before is still to be looked at.
            Thread.sleep(200);
            int answered = run.answered();
            assertThat(answered).isLessThan(REQUESTS / 2);
            // In a thread of its own: the producer may wait for the broker.
            CompletableFuture<Void> rest = CompletableFuture.runAsync(() -> sendTheRest(run));
            Thread.sleep(1_500);
            assertThat(run.answered()).as("answers without a broker").isEqualTo(answered);
            cluster.startBroker();
            rest.get(60, TimeUnit.SECONDS);
            run.awaitAnswered(answered + 1);
            run.finish(secondsSince(faultNanos));
        }
    }

    /**
     * Stops it three times, each time while verifications are out, and goes on with another size.
     */
    @ParameterizedTest
    @EnumSource
    void itIsStoppedAndStartedAtAnotherParallelism(Delivery delivery) throws Exception {
        try (ChaosRun run = run("savepoints, 1->2->3->1", delivery, Map.of())) {
            run.serving.takeTime(5, 5);
            run.start(1);
            double recovery = 0;
            int sent = 0;
            for (int parallelism : List.of(2, 3, 1)) {
                run.send(NumberedRequests.of(sent, sent += 50));
                run.awaitAnswered(run.answered() + 15);
                long faultNanos = System.nanoTime();
                String savepoint = stopDuringAVerification(run, parallelism);
                int answered = run.answered();
                assertThat(run.outstanding()).isPositive();
                run.start(parallelism, SavepointRestoreSettings.forPath(savepoint, false));
                assertThat(run.checkpoints().getLatestRestoredCheckpoint().getExternalPath())
                        .isEqualTo(savepoint);
                run.awaitAnswered(answered + 1);
                recovery = Math.max(recovery, secondsSince(faultNanos));
            }
            assertThat(run.sum(MetricName.REISSUED)).isPositive();
            // What was out is asked for twice: by the savepoint's verification and by its head.
            assertThat(run.sum(MetricName.STALE_RESULTS_DROPPED)).isPositive();
            run.finish(recovery);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Point.class,
            names = {"STEP", "SEARCH"})
    void modelAndKnowledgeBaseThrowAndAreAskedAgain(Point point) throws Exception {
        String name = point == Point.STEP ? "the model throws" : "verification throws";
        try (ChaosRun run = busyRun(name, Delivery.EXACTLY_ONCE, Map.of())) {
            // Never as often in a row as would make a request's attempts run out.
            int atOnce = point == Point.STEP ? 1 : 2;
            for (int thrown = atOnce; thrown <= 5 * atOnce; thrown += atOnce) {
                int expected = thrown;
                run.serving.fail(point, atOnce);
                run.await("the fault", () -> run.serving.thrown(point) == expected);
                Thread.sleep(point == Point.STEP ? 50 : 250);
            }
            sendTheRest(run);
            assertThat(run.restarts()).isZero();
            if (point == Point.SEARCH) {
                assertThat(run.sum(MetricName.VERIFICATION_FAILURES)).isPositive();
            }
            run.finish(0);
        }
    }

    @Test
    void theServingCannotBeOpenedForAWhile() throws Exception {
        try (ChaosRun run =
                busyRun("the serving cannot be opened", Delivery.EXACTLY_ONCE, Map.of())) {
            int opened = run.serving.opened.get();
            long faultNanos = System.nanoTime();
            run.serving.fail(Point.OPEN, 3);
            run.serving.fail(Point.SCORES, 1);
            sendTheRest(run);
            // One for the fault, and at least one because nothing could be opened then.
            double recovery = awaitRecovery(run, 2, faultNanos);
            assertThat(run.serving.thrown(Point.OPEN)).isEqualTo(3);
            assertThat(run.serving.opened).hasValueGreaterThan(opened);
            run.finish(recovery);
        }
    }

    /** Whoever operates it then starts it again from the last checkpoint, which must be there. */
    @ParameterizedTest
    @EnumSource
    void aJobThatFailsForGoodIsTakenUpFromItsLastCheckpoint(Delivery delivery) throws Exception {
        Map<String, String> once = Map.of("restart-strategy.type", "disable");
        try (ChaosRun run = busyRun("failed for good", delivery, once)) {
            long faultNanos = System.nanoTime();
            run.serving.fail(Point.SCORES, 1);
            sendTheRest(run);
            run.await("the end", () -> run.archived().getState() == JobStatus.FAILED);
            assertThat(run.serving.thrown(Point.SCORES)).isEqualTo(1);
            int answered = run.answered();
            assertThat(run.outstanding()).isPositive();
            String checkpoint =
                    run.archived()
                            .getCheckpointStatsSnapshot()
                            .getHistory()
                            .getLatestCompletedCheckpoint()
                            .getExternalPath();
            run.start(2, SavepointRestoreSettings.forPath(checkpoint, false));
            run.awaitAnswered(answered + 1);
            assertThat(run.sum(MetricName.REISSUED)).isPositive();
            run.finish(secondsSince(faultNanos));
        }
    }

    /**
     * Transactional sinks ask for open transactions, with an admin client each, when they start.
     */
    @Test
    void noAdminClientOutlivesItsTask() throws Exception {
        try (ChaosRun run = busyRun("restarted again and again", Delivery.EXACTLY_ONCE, Map.of())) {
            long before = adminClients();
            assertThat(before).isGreaterThanOrEqualTo(3L * ChaosCluster.TASK_MANAGERS);
            double recovery = 0;
            for (int restart = 1; restart <= 4; restart++) {
                long faultNanos = System.nanoTime();
                run.serving.fail(Point.SCORES, 1);
                run.send(NumberedRequests.of(restart * REQUESTS, restart * REQUESTS + 20));
                recovery = Math.max(recovery, awaitRecovery(run, restart, faultNanos));
                assertThat(run.serving.thrown(Point.SCORES)).isEqualTo(restart);
            }
            run.await("no more admin clients than before", () -> adminClients() <= before);
            run.finish(recovery);
        }
    }

    private static long adminClients() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("kafka-admin-client-thread"))
                .count();
    }

    private static ChaosRun run(String name, Delivery delivery, Map<String, String> options) {
        return new ChaosRun(cluster, name, delivery, options);
    }

    /** A job in the middle of its work: some answers are out, and a checkpoint holds the rest. */
    private static ChaosRun busyRun(String name, Delivery delivery, Map<String, String> options)
            throws Exception {
        ChaosRun run = run(name, delivery, options);
        run.serving.takeTime(5, 5);
        run.start(ChaosCluster.TASK_MANAGERS);
        run.send(NumberedRequests.of(0, REQUESTS / 2));
        run.awaitAnswered(5);
        run.awaitCheckpoints(1);
        assertThat(run.outstanding()).as("requests that the fault meets").isPositive();
        return run;
    }

    private static void sendTheRest(ChaosRun run) {
        run.send(NumberedRequests.of(REQUESTS / 2, REQUESTS));
    }

    /** Sends the rest while they are gone. Returns the seconds until an answer comes again. */
    private static double killTaskManagers(ChaosRun run, int count) throws Exception {
        long faultNanos = System.nanoTime();
        cluster.killTaskManagers(count);
        run.await("the job to notice", () -> !run.runs());
        sendTheRest(run);
        cluster.startTaskManagers();
        return awaitRecovery(run, 1, faultNanos);
    }

    /** The seconds from a fault until the job has restarted and an answer comes again. */
    private static double awaitRecovery(ChaosRun run, int restarts, long faultNanos)
            throws Exception {
        run.await("restart " + restarts, () -> run.restarts() >= restarts && run.runs());
        assertThat(run.graph().getStatusTimestamp(JobStatus.RESTARTING)).isPositive();
        assertThat(run.checkpoints().getCounts().getNumberOfRestoredCheckpoints()).isPositive();
        run.awaitAnswered(run.answered() + 1);
        assertThat(run.sum(MetricName.REISSUED)).as("requests taken up again").isPositive();
        return secondsSince(faultNanos);
    }

    private static String stopDuringAVerification(ChaosRun run, int format) throws Exception {
        run.serving.holdSearches();
        run.await("a verification to be out", () -> run.serving.heldSearches() > 0);
        Path savepoints = run.savepoints().resolve("to-" + format);
        CompletableFuture<String> stopped =
                cluster.flink.stopWithSavepoint(
                        run.job(),
                        savepoints.toUri().toString(),
                        false,
                        format == 2 ? SavepointFormatType.CANONICAL : SavepointFormatType.NATIVE);
        run.await("the savepoint", () -> isComplete(savepoints));
        assertThat(run.serving.heldSearches()).as("verifications out").isPositive();
        run.serving.releaseSearches();
        String savepoint = stopped.get(60, TimeUnit.SECONDS);
        assertThat(cluster.flink.getJobStatus(run.job()).get()).isEqualTo(JobStatus.FINISHED);
        return savepoint;
    }

    private static boolean isComplete(Path savepoints) throws IOException {
        if (!Files.isDirectory(savepoints)) {
            return false;
        }
        try (Stream<Path> files = Files.walk(savepoints)) {
            return files.anyMatch(file -> file.endsWith("_metadata"));
        }
    }

    private void connect() throws IOException {
        String[] address = cluster.bootstrapServers().split(":");
        new Socket(address[0], Integer.parseInt(address[1])).close();
    }

    private static double secondsSince(long nanos) {
        return (System.nanoTime() - nanos) / 1e9;
    }
}
