package io.ralmspec.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.ErrorCode;
import io.ralmspec.decoding.FinishReason;
import io.ralmspec.decoding.RetrievalParameters;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.Sampling;
import io.ralmspec.decoding.SpeculationPolicy;
import io.ralmspec.kafka.AnswerReader;
import io.ralmspec.kafka.RequestWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.apache.flink.api.common.JobID;
import org.apache.flink.util.TimeUtils;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Far more requests than can be answered, and a knowledge base that hangs or fails. */
class OverloadITCase {
    private static final Duration LENGTH =
            TimeUtils.parseDuration(System.getProperty("ralmspec.overload", "6 s"));
    private static final int TASK_MANAGERS = 2;
    private static final int IN_FLIGHT = 4;
    private static final int WAITING = 20;
    private static final int TOKENS = 40;
    private static final long STEP_MILLIS = 10;
    private static final Duration TIMEOUT = Duration.ofSeconds(1);
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final ScriptedServing scripted = new ScriptedServing(17, STEP_MILLIS, 20);
    private final WatchedServing serving = new WatchedServing(scripted);
    private final Map<String, Answer> answers = new ConcurrentHashMap<>();
    private final List<String> again = new CopyOnWriteArrayList<>();
    @TempDir Path directory;
    private JobCluster cluster;
    private JobID job;
    private KafkaProducer<byte[], byte[]> producer;
    private TopicTail tail;

    @BeforeEach
    void start() throws Exception {
        Map<String, String> options = new HashMap<>();
        options.put(JobOptions.MAX_IN_FLIGHT.key(), String.valueOf(IN_FLIGHT));
        options.put(JobOptions.MAX_WAITING.key(), String.valueOf(WAITING));
        options.put(JobOptions.VERIFICATION_TIMEOUT.key(), TIMEOUT.toMillis() + " ms");
        options.put("execution.checkpointing.interval", "500 ms");
        cluster = JobCluster.start(directory, TASK_MANAGERS, options);
        job = cluster.submit(serving, null);
        producer = KafkaRecords.producer(cluster.clients());
        tail =
                new TopicTail(
                        cluster.clients(),
                        Map.of(
                                cluster.topics().answers().name(),
                                record -> {
                                    Answer answer = AnswerReader.read(record.value());
                                    if (answers.put(answer.id(), answer) != null) {
                                        again.add(answer.id());
                                    }
                                }));
    }

    @AfterEach
    void stop() throws Exception {
        producer.close();
        tail.close();
        cluster.close();
        assertThat(again).as("answered twice").isEmpty();
    }

    @Test
    void tenTimesTheLoadIsRefusedAtOnceAndDrains() throws Exception {
        List<DecodingRequest> requests = new ArrayList<>();
        send(requests, 2, "warm", RetrieverKind.EXACT, 0);
        awaitAnswers(2);
        Vitals before = Vitals.now(List.of());
        long checkpoints = cluster.completedCheckpoints(job);
        // The one model makes a stride of four tokens in 10 ms: ten answers a second, at most.
        double capacity = 1_000.0 / (STEP_MILLIS * TOKENS / 4);
        int most = (int) (10 * capacity * LENGTH.toMillis() / 1_000);
        long start = System.nanoTime();
        while (requests.size() < most) {
            int due = (int) (10 * capacity * (System.nanoTime() - start) / 1e9);
            while (requests.size() < Math.min(due, most)) {
                send(requests, 1, "load", RetrieverKind.EXACT, requests.size() % 2 * 800);
            }
            Thread.sleep(10);
        }
        // Nobody waits to be refused: soon only those in flight and waiting have no answer.
        int bound = TASK_MANAGERS * (IN_FLIGHT + WAITING);
        Awaitility.await()
                .atMost(Duration.ofSeconds(2))
                .until(() -> requests.size() - answers.size() <= bound);
        long during = cluster.completedCheckpoints(job) - checkpoints;
        Vitals after = Vitals.now(List.of());

        awaitAnswers(requests.size());
        long refused = count(answer -> code(answer) == ErrorCode.OVERLOADED);
        long late = count(answer -> answer.finishReason() == FinishReason.DEADLINE);
        long good = count(answer -> answer.error() == null) - late;
        System.out.println(
                "overload: %d asked in %d s, %d answered, %d refused, %d late, %d checkpoints, %s, then %s"
                        .formatted(
                                requests.size(),
                                LENGTH.toSeconds(),
                                good,
                                refused,
                                late,
                                during,
                                before,
                                after));
        assertThat(good + refused + late).isEqualTo(requests.size());
        assertThat(refused).isGreaterThan(requests.size() / 2);
        assertThat(late).isPositive();
        assertThat(good).isGreaterThan(5);
        assertThat(during).isGreaterThanOrEqualTo(LENGTH.toSeconds());
        assertThat(after.threads()).isLessThanOrEqualTo(before.threads() + 10);
        assertThat(after.heapBytes()).isLessThan(before.heapBytes() + (32 << 20));
        requests.forEach(this::assertRight);

        long drained = System.nanoTime();
        int all = requests.size() + 2 * IN_FLIGHT;
        send(requests, 2 * IN_FLIGHT, "after", RetrieverKind.EXACT, 0);
        awaitAnswers(all);
        assertThat(Duration.ofNanos(System.nanoTime() - drained)).isLessThan(PATIENCE.dividedBy(4));
        requests.subList(all - 2 * IN_FLIGHT, all).forEach(this::assertAnsweredRight);
    }

    @Test
    void aHangingKnowledgeBaseIsAnErrorAnswerAndTheOthersGoOn() throws Exception {
        List<DecodingRequest> exact = new ArrayList<>();
        List<DecodingRequest> sparse = new ArrayList<>();
        send(exact, 2, "warm", RetrieverKind.EXACT, 0);
        awaitAnswers(2);
        Vitals before = Vitals.now(List.of());
        long checkpoints = cluster.completedCheckpoints(job);
        CountDownLatch hanging = new CountDownLatch(1);
        AtomicInteger hung = new AtomicInteger();
        serving.control().beforeSearch =
                search -> {
                    if (search.retriever() == RetrieverKind.EXACT) {
                        hung.incrementAndGet();
                        hanging.await();
                    }
                };
        try {
            exact.clear();
            send(exact, 20, "hang", RetrieverKind.EXACT, 0);
            send(sparse, 10, "sparse", RetrieverKind.BM25, 0);
            awaitAnswers(2 + 30);
            assertThat(hung).as("searches that hang").hasPositiveValue();
            assertThat(cluster.completedCheckpoints(job) - checkpoints).isGreaterThan(1);
            assertThat(Vitals.now(List.of()).threads()).isLessThanOrEqualTo(before.threads() + 10);
        } finally {
            hanging.countDown();
        }
        for (DecodingRequest request : exact) {
            Answer answer = answers.get(request.id());
            assertThat(code(answer)).as(request.id()).isEqualTo(ErrorCode.RETRIEVAL_FAILED);
            assertThat(answer.error().message()).contains("within 1.0 s");
        }
        sparse.forEach(this::assertAnsweredRight);
        List<DecodingRequest> afterwards = new ArrayList<>();
        send(afterwards, 4, "healed", RetrieverKind.EXACT, 0);
        awaitAnswers(2 + 30 + 4);
        afterwards.forEach(this::assertAnsweredRight);
        assertThat(cluster.restarts(job)).isZero();
    }

    @Test
    void aFailingKnowledgeBaseIsTriedAgainWithPausesThenAnErrorAnswer() throws Exception {
        List<Long> attempts = new CopyOnWriteArrayList<>();
        serving.control().beforeSearch =
                search -> {
                    attempts.add(System.nanoTime());
                    throw new IllegalStateException("on purpose");
                };
        List<DecodingRequest> requests = new ArrayList<>();
        send(requests, 1, "bad", RetrieverKind.EXACT, 0);
        awaitAnswers(1);
        Answer answer = answers.get(requests.getFirst().id());
        assertThat(code(answer)).isEqualTo(ErrorCode.RETRIEVAL_FAILED);
        assertThat(answer.error().message()).contains("IllegalStateException");
        assertThat(attempts).hasSize(JobOptions.VERIFICATION_ATTEMPTS.defaultValue());
        Duration pause = JobSettings.operators(cluster.options()).verificationBackoff();
        for (int i = 1; i < attempts.size(); i++) {
            assertThat(attempts.get(i) - attempts.get(i - 1))
                    .as("nanoseconds before attempt %d", i + 1)
                    .isGreaterThanOrEqualTo(pause.toNanos() * 9 / 10);
        }
        serving.control().beforeSearch = search -> {};
        send(requests, 1, "healed", RetrieverKind.EXACT, 0);
        awaitAnswers(2);
        assertAnsweredRight(requests.getLast());
    }

    private void send(
            List<DecodingRequest> sent,
            int count,
            String prefix,
            RetrieverKind retriever,
            long deadlineMillis) {
        for (int i = 0; i < count; i++) {
            DecodingRequest request =
                    new DecodingRequest(
                            prefix + "-" + sent.size(),
                            "a question about " + sent.size() % 7,
                            TOKENS,
                            List.of(),
                            Sampling.GREEDY,
                            RetrievalParameters.of(
                                    retriever,
                                    DecodingMode.SPECULATIVE,
                                    SpeculationPolicy.fixed(3, 5)),
                            false,
                            deadlineMillis);
            sent.add(request);
            producer.send(
                    RequestWriter.record(request)
                            .toProducerRecord(cluster.topics().requests().name()));
        }
    }

    private void awaitAnswers(int count) {
        Awaitility.await().atMost(PATIENCE).until(() -> answers.size() >= count);
    }

    private void assertRight(DecodingRequest request) {
        Answer answer = answers.get(request.id());
        if (answer.finishReason() == FinishReason.DEADLINE) {
            assertThat(request.deadlineMillis()).isPositive();
            int[] all = scripted.oracle(request).tokens();
            assertThat(answer.tokens()).isEqualTo(Arrays.copyOf(all, answer.tokens().length));
        } else if (code(answer) == ErrorCode.OVERLOADED) {
            assertThat(answer.error().message()).contains("<= %d".formatted(WAITING));
        } else {
            assertAnsweredRight(request);
        }
    }

    private void assertAnsweredRight(DecodingRequest request) {
        Answer answer = answers.get(request.id());
        assertThat(answer.says(scripted.oracle(request))).as(request.id()).isTrue();
    }

    private long count(Predicate<Answer> which) {
        return answers.values().stream().filter(which).count();
    }

    private static ErrorCode code(Answer answer) {
        return answer.error() == null ? null : answer.error().code();
    }
}
