package io.ralmspec.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.FinishReason;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.Seeds;
import io.ralmspec.job.SoakFaults.Fault;
import io.ralmspec.model.KvCounters;
import io.ralmspec.model.OnnxLanguageModel;
import io.ralmspec.streaming.Serving;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.flink.api.common.JobID;
import org.apache.flink.util.TimeUtils;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random load on the real job with a real model, disturbed again and again: nothing lost, nothing
 * twice, the same tokens, and nothing that grows. Short in the build; {@code ./mvnw -Psoak verify
 * -Dsoak.length="30 min"} runs it for as long as one likes, with a line every minute.
 */
class SoakITCase {
    private static final Duration LENGTH =
            TimeUtils.parseDuration(System.getProperty("ralmspec.soak", "20 s"));
    private static final Duration BETWEEN_REPORTS =
            LENGTH.toMinutes() < 3 ? LENGTH.dividedBy(5) : Duration.ofMinutes(1);
    private static final Duration BETWEEN_FAULTS =
            LENGTH.toMinutes() < 3 ? Duration.ofMillis(1_500) : Duration.ofSeconds(7);

    /** How far below zero the time that is left may get. */
    private static final Duration PATIENCE = Duration.ofSeconds(-90);

    private static final int TASK_MANAGERS = 2;
    private static final int SINKS = 3;
    private static final String PREFIX = "soak";
    private static final int PER_SECOND = 40;
    private static final int MOST_UNANSWERED = 200;
    private static final int QUESTIONS = 60;
    private static final long MEBIBYTE = 1 << 20;

    /** Both kinds of memory for keys and values together. */
    private static final int KV_MEBIBYTES = 4;

    /**
     * What Flink keeps of a TaskManager that is gone in a JVM that goes on, as only in tests: its
     * Netty pool, a chunk of 4 MiB and more, is reachable from the scheduler of the RPC system.
     */
    private static final int TASK_MANAGER_MEBIBYTES = 8;

    @Test
    void nothingIsLostOrTwiceOrGrows(@TempDir Path directory) throws Exception {
        long seed = Seeds.first();
        Path index = TinyModels.index(directory, 300, RetrieverKind.values());
        SoakLedger ledger = new SoakLedger();
        try (JobCluster cluster = JobCluster.start(directory, TASK_MANAGERS, options(index))) {
            OnnxServingFactory factory = new OnnxServingFactory(cluster.options());
            WatchedServing serving = new WatchedServing(factory);
            try (KafkaProducer<byte[], byte[]> producer = KafkaRecords.producer(cluster.clients());
                    TopicTail tail =
                            new TopicTail(
                                    cluster.clients(),
                                    Map.of(
                                            cluster.topics().answers().name(),
                                            ledger::answered,
                                            cluster.topics().deadLetters().name(),
                                            ledger::deadLetter))) {
                SoakLoad load;
                try (Serving own = factory.open()) {
                    String topic = cluster.topics().requests().name();
                    load = new SoakLoad(seed, QUESTIONS, own, ledger, producer, topic);
                }
                JobID job = cluster.submit(serving, null);
                SoakFaults faults = new SoakFaults(cluster, job, serving.control());
                List<Vitals> vitals = run(load, ledger, faults, serving.control());
                Awaitility.await()
                        .atMost(Duration.ofSeconds(60))
                        .untilAsserted(() -> assertThat(ledger.unsettled()).as("lost").isEmpty());
                int restarts = cluster.restarts(job);
                report(ledger, faults, restarts, Vitals.now(serving.control().models));
                // What has only not ended yet, ends; what has leaked stays.
                Awaitility.await()
                        .atMost(Duration.ofSeconds(60))
                        .untilAsserted(
                                () ->
                                        assertNothingGrew(
                                                vitals,
                                                Vitals.now(serving.control().models),
                                                faults.hits()
                                                        .get(Fault.TASK_MANAGER_KILLED)
                                                        .get()));
                cluster.cancel(job);
                // A sink that ends while it starts leaves an admin client: see ClosingKafkaSink.
                int ownRestarts = restarts - faults.hits().get(Fault.TASK_MANAGER_KILLED).get();
                Awaitility.await()
                        .atMost(Duration.ofSeconds(60))
                        .untilAsserted(
                                () ->
                                        assertThat(jobThreads())
                                                .hasSizeLessThanOrEqualTo(
                                                        ownRestarts * SINKS * TASK_MANAGERS));
            }
            assertThat(ledger.problems()).as("seed=%d", seed).isEmpty();
            assertThat(ledger.ended(FinishReason.CANCELLED)).isPositive();
            assertThat(ledger.ended(FinishReason.DEADLINE)).isPositive();
            assertThat(ledger.letters()).isPositive();
            assertEveryHandleWasClosed(serving.control());
        }
    }

    /** Injects faults and reports until the time is over, while another thread sends. */
    private static List<Vitals> run(
            SoakLoad load, SoakLedger ledger, SoakFaults faults, WatchedServing.Control control)
            throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        CompletableFuture<Void> sending =
                CompletableFuture.runAsync(
                        () -> {
                            while (!over.get()) {
                                if (ledger.unanswered() < MOST_UNANSWERED) {
                                    load.send();
                                }
                                ScriptedServing.pass(1_000 / PER_SECOND);
                            }
                        },
                        // The common pool has one thread on a small machine, and Flink needs it.
                        task -> Thread.ofPlatform().name("load").start(task));
        long start = System.nanoTime();
        List<Vitals> vitals = new ArrayList<>();
        Duration nextReport = LENGTH.minus(BETWEEN_REPORTS);
        try {
            // On a slow machine, longer: every fault is to meet its target.
            while (left(start).isPositive() || !faults.allHit()) {
                assertThat(left(start)).as("faults %s", faults.hits()).isGreaterThan(PATIENCE);
                Thread.sleep(BETWEEN_FAULTS);
                faults.inject();
                // All tasks run again: half a job has fewer threads and less memory.
                if (left(start).compareTo(nextReport) <= 0) {
                    nextReport = left(start).minus(BETWEEN_REPORTS);
                    vitals.add(Vitals.now(control.models));
                    System.out.println(
                            "soak: %4d s, %s, %s"
                                    .formatted(
                                            LENGTH.minus(left(start)).toSeconds(),
                                            ledger,
                                            vitals.getLast()));
                }
            }
        } finally {
            over.set(true);
            sending.get(60, TimeUnit.SECONDS);
        }
        return vitals;
    }

    private static Duration left(long startNanos) {
        return LENGTH.minusNanos(System.nanoTime() - startNanos);
    }

    private static void report(SoakLedger ledger, SoakFaults faults, int restarts, Vitals last) {
        System.out.println(
                "soak: %s in all: %s; %d restarts, faults %s; at the end %s"
                        .formatted(
                                TimeUtils.formatWithHighestUnit(LENGTH),
                                ledger,
                                restarts,
                                faults.hits(),
                                last));
    }

    /**
     * Against the most that the first half of the reports shows, by when the job is warm. A thread
     * that every restart leaves is found in a long run; in a short one, by {@link #jobThreads}.
     */
    /**
     * @param killed TaskManagers, about as many in the second half as in the first
     */
    private static void assertNothingGrew(List<Vitals> vitals, Vitals end, int killed) {
        assertThat(vitals).hasSizeGreaterThan(1);
        Vitals warm =
                vitals.subList(0, (vitals.size() + 1) / 2).stream()
                        .reduce(Vitals::most)
                        .orElseThrow();
        String all = vitals + ", at the end " + end;
        assertThat(end.threads()).as(all).isLessThanOrEqualTo(warm.threads() + 20);
        assertThat(end.heapBytes()).as(all).isLessThan(warm.heapBytes() + 64 * MEBIBYTE);
        assertThat(end.directBytes())
                .as(all)
                .isLessThan(
                        warm.directBytes()
                                + (32 + 2 * KV_MEBIBYTES) * MEBIBYTE
                                + (killed + 1) / 2 * TASK_MANAGER_MEBIBYTES * MEBIBYTE);
    }

    /** The names of those that must end with the job; what else remains is Flink's. */
    private static List<String> jobThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(
                        name ->
                                name.startsWith("ralmspec-")
                                        || name.startsWith("kafka-admin-client-thread")
                                        || name.contains("producer-" + PREFIX)
                                        || name.contains("Source: requests"))
                .toList();
    }

    private static void assertEveryHandleWasClosed(WatchedServing.Control control) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> assertThat(control.closed).hasValue(control.models.size()));
        assertThat(control.models)
                .as("opened again after each kill")
                .hasSizeGreaterThan(1)
                .allSatisfy(
                        model -> {
                            KvCounters counters = ((OnnxLanguageModel) model).counters();
                            assertThat(counters.handlesOpened())
                                    .isEqualTo(counters.handlesClosed())
                                    .isPositive();
                        });
    }

    private static Map<String, String> options(Path index) {
        Map<String, String> options = new HashMap<>();
        options.put(JobOptions.MODEL_DIRECTORY.key(), TinyModels.model("gpt2-shared").toString());
        options.put(JobOptions.ENCODER_DIRECTORY.key(), TinyModels.encoder().toString());
        options.put(JobOptions.KNOWLEDGE_DIRECTORY.key(), index.toString());
        // So small that keys and values are dropped and computed again all the time.
        options.put(JobOptions.MODEL_DOCUMENT_MEMORY.key(), KV_MEBIBYTES / 2 + " mb");
        options.put(JobOptions.MODEL_SEQUENCE_MEMORY.key(), KV_MEBIBYTES / 2 + " mb");
        options.put(JobOptions.MODEL_THREADS.key(), "1");
        options.put(JobOptions.MAX_IN_FLIGHT.key(), "8");
        options.put(JobOptions.RETENTION.key(), "5 min");
        // Then every answer is there once, not only by its id.
        options.put(JobOptions.DELIVERY.key(), "exactly-once");
        options.put(JobOptions.TRANSACTIONAL_ID_PREFIX.key(), PREFIX);
        options.put("execution.checkpointing.interval", "500 ms");
        options.put("restart-strategy.type", "fixed-delay");
        options.put("restart-strategy.fixed-delay.attempts", "1000000");
        options.put("restart-strategy.fixed-delay.delay", "100 ms");
        return options;
    }
}
