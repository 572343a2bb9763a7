package io.ralmspec.job;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.FinishReason;
import io.ralmspec.decoding.Origin;
import io.ralmspec.decoding.RetrievalParameters;
import io.ralmspec.decoding.RetrievalScheme;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.Sampling;
import io.ralmspec.decoding.ScriptedTokenizer;
import io.ralmspec.decoding.SpeculationPolicy;
import io.ralmspec.decoding.StrideRule;
import io.ralmspec.kafka.AnswerReader;
import io.ralmspec.kafka.DeadLetterSerializer;
import io.ralmspec.kafka.Parsed;
import io.ralmspec.kafka.RequestParser;
import io.ralmspec.kafka.RequestWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.flink.api.common.JobID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A savepoint that every released version left is taken up by this one. It is one of the whole job,
 * with Kafka's source, the sinks and every serializer, because that is what users have: an upgrade
 * of Flink or of the connector can break it as well as a change here.
 *
 * <p>A directory per version holds the files of the savepoint and {@code requests.jsonl}, the
 * request topic as it was: the first request was answered, the others were in flight or waiting.
 * Model and documents are the scripted ones, which must therefore stay as they are. For a release,
 * run {@link #isWritten} with -Dralmspec.write-golden=true.
 */
class GoldenSavepointITCase {
    private static final Path SAVEPOINTS = Path.of("src/test/resources/savepoints");
    private static final String VERSION = "0.1.0";
    private static final long SEED = 31;
    private static final int IN_FLIGHT = 8;
    private static final int WAITING = 3;
    private static final String LATE = "late";
    private static final Map<String, String> OPTIONS =
            Map.of(
                    JobOptions.MAX_IN_FLIGHT.key(),
                    String.valueOf(IN_FLIGHT),
                    // The savepoint is never too old to remember whom it has answered.
                    JobOptions.RETENTION.key(),
                    "36500 d",
                    "execution.checkpointing.interval",
                    "1 h",
                    // State within the metadata would have the name of a place; files do not.
                    "execution.checkpointing.data-inline-threshold",
                    "0 b");

    @TempDir Path directory;
    private final ScriptedServing scripted = new ScriptedServing(SEED);
    private final WatchedServing serving = new WatchedServing(scripted);

    static List<String> versions() throws IOException {
        try (Stream<Path> versions = Files.list(SAVEPOINTS)) {
            return versions.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("versions")
    void everyRequestInItIsAnsweredWithTheTokensOfTheUndisturbedRun(String version)
            throws Exception {
        Path golden = SAVEPOINTS.resolve(version).toAbsolutePath();
        List<String> lines = Files.readAllLines(golden.resolve("requests.jsonl"));
        Map<String, Integer> resumedAt = new ConcurrentHashMap<>();
        serving.control().beforeGenerate =
                generation -> {
                    resumedAt.putIfAbsent(
                            generation.context().sequence(), generation.context().tokens().length);
                    // Slow enough for the deadline to be noticed before the answer is complete.
                    Thread.sleep(15);
                };
        try (JobCluster cluster = JobCluster.start(directory, 1, OPTIONS)) {
            List<DecodingRequest> requests = lines.stream().map(l -> parse(cluster, l)).toList();
            DecodingRequest answered = requests.getFirst();
            List<DecodingRequest> open = requests.subList(1, requests.size());
            DecodingRequest fresh = candidate("fresh", 1, "a question afterwards");
            send(cluster, requests);
            cluster.submit(serving, golden);
            // One that it has answered, which is a dead letter, and one that it has never seen.
            send(cluster, List.of(answered, fresh));

            Map<String, ConsumerRecord<byte[], byte[]>> answers = answers(cluster, open.size() + 1);
            assertThat(answers).doesNotContainKey(answered.id()).containsKey(fresh.id());
            int midway = 0;
            for (DecodingRequest request : open) {
                ConsumerRecord<byte[], byte[]> record = answers.get(request.id());
                assertThat(record).as(request.id()).isNotNull();
                assertThat(new String(record.headers().lastHeader("trace").value(), UTF_8))
                        .isEqualTo("trace of " + request.id());
                assertAnswer(request, AnswerReader.read(record.value()));
                int prompt = new ScriptedTokenizer().encode(request.prompt()).length;
                midway += resumedAt.getOrDefault(request.id(), 0) > prompt ? 1 : 0;
            }
            assertThat(midway)
                    .as("requests that went on in the middle of their answer")
                    .isBetween(IN_FLIGHT / 2, IN_FLIGHT);
            assertAnswer(fresh, AnswerReader.read(answers.get(fresh.id()).value()));
            // Had the source begun anew, each request would be here as well.
            assertThat(deadLetters(cluster, 1))
                    .singleElement()
                    .satisfies(
                            letter -> {
                                assertThat(new String(letter.key(), UTF_8))
                                        .isEqualTo(answered.id());
                                assertThat(
                                                letter.headers()
                                                        .lastHeader(DeadLetterSerializer.CODE)
                                                        .value())
                                        .isEqualTo("duplicate_id".getBytes(UTF_8));
                            });
        }
    }

    @Test
    void thisVersionHasOne() throws IOException {
        assertThat(versions()).contains(VERSION);
    }

    @ParameterizedTest
    @MethodSource("versions")
    void noneNamesAPlaceOfTheMachineThatWroteIt(String version) throws IOException {
        List<Path> files = files(SAVEPOINTS.resolve(version));
        assertThat(files).hasSizeGreaterThan(2);
        long bytes = 0;
        for (Path file : files) {
            bytes += Files.size(file);
            assertThat(Files.readString(file, ISO_8859_1))
                    .as(file.toString())
                    .doesNotContain("file:", "127.0.0.1:");
        }
        assertThat(bytes).isLessThan(256 << 10);
    }

    @Test
    @EnabledIfSystemProperty(named = "ralmspec.write-golden", matches = "true")
    void isWritten() throws Exception {
        WatchedServing.Control control = serving.control();
        CountDownLatch held = new CountDownLatch(1);
        AtomicInteger heldSearches = new AtomicInteger();
        AtomicInteger heldSteps = new AtomicInteger();
        AtomicInteger generated = new AtomicInteger();
        DecodingRequest answered = candidate("answered", 0, "a question before");
        List<DecodingRequest> open = candidates();
        List<DecodingRequest> all = new ArrayList<>(List.of(answered));
        all.addAll(open);
        Path target = directory.resolve("savepoints");
        try (JobCluster cluster = JobCluster.start(directory, 1, OPTIONS)) {
            JobID job = cluster.submit(serving, null);
            send(cluster, List.of(answered));
            assertThat(answers(cluster, 1)).containsOnlyKeys(answered.id());
            // Each of those in flight gets a few strides; then first the knowledge base stops, and
            // soon the model does, as those that speculate meanwhile go on.
            control.beforeGenerate =
                    generation -> {
                        Thread.sleep(10);
                        if (generated.incrementAndGet() > 5 * IN_FLIGHT) {
                            heldSteps.incrementAndGet();
                            held.await();
                        }
                    };
            control.beforeSearch =
                    search -> {
                        if (generated.get() > 4 * IN_FLIGHT) {
                            heldSearches.incrementAndGet();
                            held.await();
                        }
                    };
            send(cluster, open);
            Awaitility.await().until(() -> heldSteps.get() > 0 && heldSearches.get() > 0);
            // Until the last request is read and waits.
            Thread.sleep(1_000);
            CompletableFuture<String> savepoint = cluster.stopWithSavepoint(job, target);
            Awaitility.await().until(() -> savepoint.isDone() || metadata(target) != null);
            assertThat(answers(cluster, 1)).containsOnlyKeys(answered.id());
            held.countDown();
            savepoint.get(60, TimeUnit.SECONDS);
        }
        Path golden = Files.createDirectories(SAVEPOINTS.resolve(VERSION));
        for (Path old : files(golden)) {
            Files.delete(old);
        }
        for (Path file : files(metadata(target).getParent())) {
            Files.copy(file, golden.resolve(file.getFileName()));
        }
        Files.write(
                golden.resolve("requests.jsonl"),
                all.stream().map(r -> new String(RequestWriter.write(r), UTF_8)).toList());
    }

    /** Requests with long answers, of all kinds; the last have to wait. */
    private List<DecodingRequest> candidates() {
        List<DecodingRequest> chosen = new ArrayList<>();
        for (int i = 0; chosen.size() < IN_FLIGHT + WAITING; i++) {
            boolean late = chosen.size() == IN_FLIGHT - 1;
            String id = late ? LATE : "open-" + chosen.size();
            DecodingRequest request = candidate(id, chosen.size(), "question number " + i);
            if (scripted.oracle(request).tokens().length >= 48) {
                chosen.add(request);
            }
        }
        return chosen;
    }

    private static DecodingRequest candidate(String id, int number, String prompt) {
        List<SpeculationPolicy> policies =
                List.of(
                        SpeculationPolicy.PLAIN,
                        new SpeculationPolicy(StrideRule.OS3, 1, 20, true, true, false),
                        new SpeculationPolicy(StrideRule.CONTINUOUS, 1, 20, true, true, false));
        return new DecodingRequest(
                id,
                prompt,
                60,
                number % 4 == 3 ? List.of("never said") : List.of(),
                number % 3 == 2 ? new Sampling(0.8, 0.9, number) : Sampling.GREEDY,
                new RetrievalParameters(
                        RetrieverKind.values()[number % 3],
                        number == 5 ? DecodingMode.BASELINE : DecodingMode.SPECULATIVE,
                        RetrievalScheme.values()[number / 2 % 3],
                        RetrievalParameters.DEFAULT_CONFIDENCE,
                        4,
                        32,
                        policies.get(number % policies.size())),
                true,
                id.equals(LATE) ? 60_000 : 0);
    }

    private void assertAnswer(DecodingRequest request, Answer answer) {
        Answer expected = scripted.oracle(request);
        if (request.id().equals(LATE)) {
            // Its deadline passed while the job was down.
            assertThat(answer.finishReason()).isEqualTo(FinishReason.DEADLINE);
            assertThat(expected.tokens()).startsWith(answer.tokens());
            return;
        }
        assertThat(answer.tokens()).as(request.id()).isEqualTo(expected.tokens());
        assertThat(answer.text()).as(request.id()).isEqualTo(expected.text());
        assertThat(answer.finishReason()).isEqualTo(expected.finishReason());
        assertThat(answer.sources()).as(request.id()).isEqualTo(expected.sources());
    }

    private static DecodingRequest parse(JobCluster cluster, String json) {
        RequestParser parser =
                new RequestParser(
                        JobSettings.limits(cluster.options()),
                        JobSettings.defaults(cluster.options()));
        Origin origin = new Origin("t", 0, 0, 0, null, json.getBytes(UTF_8), List.of(), List.of());
        return ((Parsed.Accepted) parser.parse(origin)).submission().request();
    }

    /** One after the other, so that each gets the offset that it had before. */
    private static void send(JobCluster cluster, List<DecodingRequest> requests) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = KafkaRecords.producer(cluster.clients())) {
            for (DecodingRequest request : requests) {
                ProducerRecord<byte[], byte[]> record =
                        RequestWriter.record(request)
                                .toProducerRecord(cluster.topics().requests().name());
                record.headers().add("trace", ("trace of " + request.id()).getBytes(UTF_8));
                producer.send(record).get();
            }
        }
    }

    private static Map<String, ConsumerRecord<byte[], byte[]>> answers(
            JobCluster cluster, int count) {
        Map<String, ConsumerRecord<byte[], byte[]>> byId = new HashMap<>();
        KafkaRecords.read(
                        cluster.clients(),
                        cluster.topics().answers().name(),
                        records -> records.size() >= count)
                .forEach(
                        record ->
                                assertThat(byId.put(new String(record.key(), UTF_8), record))
                                        .as("second answer to one request")
                                        .isNull());
        return byId;
    }

    private static List<ConsumerRecord<byte[], byte[]>> deadLetters(JobCluster cluster, int count) {
        return KafkaRecords.read(
                cluster.clients(),
                cluster.topics().deadLetters().name(),
                records -> records.size() >= count);
    }

    private static List<Path> files(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.toList();
        }
    }

    private static Path metadata(Path target) throws IOException {
        if (!Files.isDirectory(target)) {
            return null;
        }
        try (Stream<Path> files = Files.walk(target, 2)) {
            return files.filter(file -> file.endsWith("_metadata")).findAny().orElse(null);
        }
    }
}
