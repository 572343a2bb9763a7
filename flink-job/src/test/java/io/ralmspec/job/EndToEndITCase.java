package io.ralmspec.job;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.ErrorCode;
import io.ralmspec.decoding.FinishReason;
import io.ralmspec.decoding.RetrievalParameters;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.Sampling;
import io.ralmspec.decoding.SpeculationPolicy;
import io.ralmspec.job.client.RalmClient;
import io.ralmspec.job.local.LocalService;
import io.ralmspec.job.local.Ports;
import io.ralmspec.kafka.AnswerReader;
import io.ralmspec.kafka.DeadLetterSerializer;
import io.ralmspec.kafka.RequestWriter;
import java.net.ConnectException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The real job on a real broker and a local Flink cluster; only model and documents are scripted.
 */
class EndToEndITCase {
    private static final long SEED = 11;
    private static final ScriptedServing SERVING = new ScriptedServing(SEED);

    @TempDir static Path directory;
    private static LocalService service;

    @BeforeAll
    static void start() throws Exception {
        Map<String, String> options = new HashMap<>(ScriptedServing.OPTIONS);
        options.put("parallelism.default", "2");
        options.put("execution.checkpointing.interval", "1s");
        service = LocalService.start(options, directory, 0, Ports.freeOr(0), unused -> SERVING);
    }

    @AfterAll
    static void stop() throws Exception {
        service.close();
    }

    @Test
    void answersThroughKafkaEqualTheSequentialOracle() throws Exception {
        List<DecodingRequest> requests = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            RetrieverKind retriever = RetrieverKind.values()[i % 3];
            DecodingMode mode = i % 5 == 0 ? DecodingMode.BASELINE : DecodingMode.SPECULATIVE;
            requests.add(request("equal-" + i, retriever, mode, 1 + i % 7));
        }
        try (KafkaProducer<byte[], byte[]> producer = KafkaRecords.producer(service.clients())) {
            for (DecodingRequest request : requests) {
                ProducerRecord<byte[], byte[]> record =
                        RequestWriter.record(request)
                                .toProducerRecord(service.topics().requests().name());
                record.headers().add("traceparent", ("00-" + request.id()).getBytes(UTF_8));
                producer.send(record);
            }
        }
        Map<String, ConsumerRecord<byte[], byte[]>> answers = answers("equal-", requests.size());
        int rolledBack = 0;
        for (DecodingRequest request : requests) {
            ConsumerRecord<byte[], byte[]> record = answers.get(request.id());
            Answer answer = AnswerReader.read(record.value());
            Answer expected = SERVING.oracle(request);
            assertThat(answer.tokens()).as(request.id()).isEqualTo(expected.tokens());
            assertThat(answer.text()).as(request.id()).isEqualTo(expected.text());
            assertThat(answer.finishReason()).isEqualTo(expected.finishReason());
            assertThat(answer.sources()).as(request.id()).isEqualTo(expected.sources());
            Header trace = record.headers().lastHeader("traceparent");
            assertThat(new String(trace.value(), UTF_8)).isEqualTo("00-" + request.id());
            rolledBack += answer.counters().rolledBackTokens();
        }
        assertThat(rolledBack).as("tokens rolled back in all").isPositive();
    }

    @Test
    void theUiListensOnTheLoopbackAddressOnly() throws Exception {
        int port = URI.create(service.uiAddress()).getPort();
        new Socket("localhost", port).close();
        // Another address of this machine, which a socket bound to all of them accepts.
        assertThatThrownBy(() -> new Socket("127.0.0.2", port))
                .isInstanceOf(ConnectException.class);
    }

    @Test
    void everyBadRecordGetsItsOwnErrorAndDisturbsNoOther() throws Exception {
        Map<String, String> refused = new LinkedHashMap<>();
        refused.put("bad-type", "\"max_tokens\": \"many\"");
        refused.put("bad-zero", "\"max_tokens\": 0");
        refused.put("bad-above", "\"max_tokens\": 9000");
        refused.put("bad-retriever", "\"retrieval\": {\"retriever\": \"oracle\"}");
        refused.put("bad-mode", "\"retrieval\": {\"mode\": \"knn-lm\"}");
        refused.put("bad-long", "\"prompt\": \"" + "word ".repeat(400) + "\"");
        Map<String, String> unreadable = new LinkedHashMap<>();
        unreadable.put("dead-not-json", "this is not JSON");
        unreadable.put("dead-no-id", "{\"prompt\": \"who asks?\"}");
        unreadable.put(
                "dead-large",
                "{\"id\": \"dead-large\", \"prompt\": \"" + "x".repeat(10 << 20) + "\"}");
        DecodingRequest good = request("good-0", RetrieverKind.EXACT, DecodingMode.SPECULATIVE, 3);
        String topic = service.topics().requests().name();
        String badType = refusedJson("bad-type", refused.get("bad-type"));
        int goods = 0;
        try (KafkaProducer<byte[], byte[]> producer = KafkaRecords.producer(service.clients())) {
            for (Map.Entry<String, String> bad : refused.entrySet()) {
                producer.send(
                        KafkaRecords.record(
                                topic, bad.getKey(), refusedJson(bad.getKey(), bad.getValue())));
                producer.send(good(topic, good, "good-" + goods++));
            }
            for (Map.Entry<String, String> bad : unreadable.entrySet()) {
                producer.send(KafkaRecords.record(topic, bad.getKey(), bad.getValue())).get();
                producer.send(good(topic, good, "good-" + goods++));
            }
            // The first good and the first bad one again, and the end of one that never was.
            producer.send(good(topic, good, "good-0")).get();
            producer.send(KafkaRecords.record(topic, "bad-type", badType)).get();
            producer.send(KafkaRecords.record(topic, "dead-unknown", null)).get();
        }

        Map<String, ConsumerRecord<byte[], byte[]>> errors = answers("bad-", refused.size());
        assertError(errors, "bad-type", ErrorCode.INVALID_FIELD, "max_tokens");
        assertError(errors, "bad-zero", ErrorCode.INVALID_FIELD, "(got 0)");
        assertError(errors, "bad-above", ErrorCode.INVALID_FIELD, "<= 2048 (got 9000)");
        assertError(errors, "bad-retriever", ErrorCode.UNKNOWN_RETRIEVER, "exact, hnsw");
        assertError(errors, "bad-mode", ErrorCode.INVALID_FIELD, "without a datastore");
        assertError(errors, "bad-long", ErrorCode.PROMPT_TOO_LONG, "149 tokens (got 400)");

        Map<String, ConsumerRecord<byte[], byte[]>> letters = deadLetters(6);
        for (Map.Entry<String, String> bad : unreadable.entrySet()) {
            assertThat(new String(letters.get(bad.getKey()).value(), UTF_8))
                    .as("original bytes of %s", bad.getKey())
                    .isEqualTo(bad.getValue());
        }
        assertThat(code(letters.get("dead-not-json"))).isEqualTo("invalid_json");
        assertThat(code(letters.get("dead-no-id"))).isEqualTo("missing_field");
        assertThat(code(letters.get("dead-large"))).isEqualTo("request_too_large");
        assertThat(code(letters.get("dead-unknown"))).isEqualTo("unknown_id");
        assertThat(code(letters.get("bad-type"))).isEqualTo("duplicate_id");
        assertThat(new String(letters.get("bad-type").value(), UTF_8)).isEqualTo(badType);
        assertThat(code(letters.get("good-0"))).isEqualTo("duplicate_id");
        assertThat(letters.get("good-0").value()).isEqualTo(RequestWriter.write(good));

        Answer expected = SERVING.oracle(good);
        for (ConsumerRecord<byte[], byte[]> record : answers("good-", goods).values()) {
            assertThat(AnswerReader.read(record.value()).tokens()).isEqualTo(expected.tokens());
        }
    }

    @Test
    void streamedTextAddsUpToTheAnswer() throws Exception {
        DecodingRequest plain = request("stream", RetrieverKind.BM25, DecodingMode.SPECULATIVE, 4);
        DecodingRequest streaming =
                new DecodingRequest(
                        plain.id(),
                        plain.prompt(),
                        plain.maxTokens(),
                        plain.stop(),
                        plain.sampling(),
                        plain.retrieval(),
                        true,
                        0);
        StringBuilder text = new StringBuilder();
        try (RalmClient client = new RalmClient(service.clients(), service.topics())) {
            Answer answer =
                    client.ask(
                            streaming, delta -> text.append(delta.text()), Duration.ofSeconds(60));
            assertThat(answer.tokens()).isEqualTo(SERVING.oracle(plain).tokens());
            assertThat(text.toString()).isEqualTo(answer.text());
        }
    }

    @Test
    void everyStageIsAVertexWithItsMetricsInTheUi() throws Exception {
        String job = get("/jobs").replaceAll(".*\"id\":\"([0-9a-f]+)\".*", "$1");
        String plan = get("/jobs/" + job);
        assertThat(plan)
                .contains(
                        "requests",
                        "\"parse\"",
                        "\"speculative-retrieval\"",
                        "\"verification\"",
                        "\"feedback\"",
                        "answers",
                        "deltas",
                        "dead-letters");
        String vertex =
                plan.replaceAll(
                        ".*\"id\":\"([0-9a-f]+)\"(?:(?!\"id\").)*?\"name\":\"speculative-retrieval\".*",
                        "$1");
        String metrics = "/jobs/%s/vertices/%s/subtasks/metrics".formatted(job, vertex);
        // Flink fetches metrics when somebody looks: the first look may find nothing.
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .untilAsserted(
                        () ->
                                assertThat(get(metrics))
                                        .contains(
                                                "ralmspec.tokensPerSecond",
                                                "ralmspec.requestsPerSecond",
                                                "ralmspec.acceptance",
                                                "ralmspec.speculationStride"));
        try (RalmClient client = new RalmClient(service.clients(), service.topics())) {
            for (int i = 0; i < 5; i++) {
                client.ask(
                        request("ui-" + i, RetrieverKind.EXACT, DecodingMode.SPECULATIVE, 3),
                        delta -> {},
                        Duration.ofSeconds(60));
            }
        }
        // A rate is brought up to date every 5 s.
        String rate = "speculative-retrieval.ralmspec.tokensPerSecond";
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(500))
                .untilAsserted(
                        () ->
                                assertThat(get(metrics + "?get=" + rate + "&agg=sum"))
                                        .containsPattern("\"sum\":[0-9.]*[1-9]"));
    }

    private static String refusedJson(String id, String member) {
        String prompt = member.contains("prompt") ? "" : "\"prompt\": \"p\", ";
        return "{\"id\": \"%s\", %s%s}".formatted(id, prompt, member);
    }

    private static String get(String path) throws Exception {
        HttpResponse<String> response =
                HttpClient.newHttpClient()
                        .send(
                                HttpRequest.newBuilder(URI.create(service.uiAddress() + path))
                                        .build(),
                                HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).as(path).isEqualTo(200);
        return response.body();
    }

    private static DecodingRequest request(
            String id, RetrieverKind retriever, DecodingMode mode, int speculationStride) {
        return new DecodingRequest(
                id,
                "a question about " + id.hashCode() % 7,
                40,
                List.of(),
                Sampling.GREEDY,
                RetrievalParameters.of(
                        retriever, mode, SpeculationPolicy.fixed(speculationStride, 1)),
                false,
                0);
    }

    private static ProducerRecord<byte[], byte[]> good(
            String topic, DecodingRequest request, String id) {
        DecodingRequest renamed =
                new DecodingRequest(
                        id,
                        request.prompt(),
                        request.maxTokens(),
                        request.stop(),
                        request.sampling(),
                        request.retrieval(),
                        false,
                        0);
        return RequestWriter.record(renamed).toProducerRecord(topic);
    }

    private static Map<String, ConsumerRecord<byte[], byte[]>> answers(String prefix, int count) {
        String topic = service.topics().answers().name();
        Map<String, ConsumerRecord<byte[], byte[]>> byId = new HashMap<>();
        KafkaRecords.read(
                        service.clients(),
                        topic,
                        records -> withPrefix(records, prefix).count() >= count)
                .stream()
                .filter(record -> key(record).startsWith(prefix))
                .forEach(
                        record ->
                                assertThat(byId.put(key(record), record))
                                        .as("second answer to %s", key(record))
                                        .isNull());
        assertThat(byId).hasSize(count);
        return byId;
    }

    private static Map<String, ConsumerRecord<byte[], byte[]>> deadLetters(int count) {
        Map<String, ConsumerRecord<byte[], byte[]>> byKey = new HashMap<>();
        KafkaRecords.read(
                        service.clients(),
                        service.topics().deadLetters().name(),
                        records -> records.size() >= count)
                .forEach(record -> byKey.put(key(record), record));
        assertThat(byKey).hasSize(count);
        return byKey;
    }

    private static Stream<ConsumerRecord<byte[], byte[]>> withPrefix(
            List<ConsumerRecord<byte[], byte[]>> records, String prefix) {
        return records.stream().filter(record -> key(record).startsWith(prefix));
    }

    private static String key(ConsumerRecord<byte[], byte[]> record) {
        return new String(Objects.requireNonNull(record.key()), UTF_8);
    }

    private static String code(ConsumerRecord<byte[], byte[]> letter) {
        return new String(letter.headers().lastHeader(DeadLetterSerializer.CODE).value(), UTF_8);
    }

    private static void assertError(
            Map<String, ConsumerRecord<byte[], byte[]>> answers,
            String id,
            ErrorCode code,
            String message) {
        Answer answer = AnswerReader.read(answers.get(id).value());
        assertThat(answer.finishReason()).as(id).isEqualTo(FinishReason.ERROR);
        assertThat(answer.error()).as(id).isNotNull();
        assertThat(answer.error().code()).as(id).isEqualTo(code);
        assertThat(answer.error().message()).as(id).contains(message);
    }
}
