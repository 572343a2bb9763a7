package io.ralmspec.job;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.ErrorCode;
import io.ralmspec.job.client.RalmClient;
import io.ralmspec.job.local.LocalService;
import io.ralmspec.job.local.Ports;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.logging.log4j.Level;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever happens to a request, no log has a word of its prompt or of a document. */
class SilentLogITCase {
    private static final String PROMPT = "marker-of-the-prompt";
    private static final String DOCUMENT = "marker-of-a-document";

    @Test
    void promptsAndDocumentsAreInNoLogEvent(@TempDir Path directory) throws Exception {
        // Both in what fails, since a query is made of the prompt.
        var serving = new QuotingServing(new ScriptedServing(3), PROMPT + " " + DOCUMENT);
        Map<String, String> options = new HashMap<>(ScriptedServing.OPTIONS);
        options.put(JobOptions.REQUEST_MAX_SIZE.key(), "8kb");
        options.put("execution.checkpointing.interval", "500ms");
        try (CapturedLog log = new CapturedLog(Level.INFO)) {
            try (LocalService service =
                    LocalService.start(options, directory, 0, Ports.freeOr(0), unused -> serving)) {
                ask(service);
                sendPoison(service);
            }

            assertThat(log.containing("request " + QuotingServing.MODEL_FAILS))
                    .as("our own words about what failed")
                    .anyMatch(event -> event.contains("io.ralmspec"))
                    .anyMatch(event -> event.contains("Caused by"))
                    .anyMatch(event -> event.contains("UnsupportedOperationException"));
            assertThat(log.containing("failed to release request " + QuotingServing.MODEL_FAILS))
                    .isNotEmpty();
            assertThat(log.containing("an error that nobody handled")).isEmpty();
            assertThat(log.containing("request knowledge-fails")).isNotEmpty();
            assertThat(log.containing(PROMPT)).isEmpty();
            assertThat(log.containing(DOCUMENT)).isEmpty();
        }
    }

    /** What goes well, and what fails in the model, the knowledge base and the decoder. */
    private static void ask(LocalService service) throws Exception {
        try (RalmClient client = new RalmClient(service.clients(), service.topics())) {
            Answer answer = ask(client, "fine");
            assertThat(answer.error()).isNull();
            assertThat(answer.sources().getFirst().title()).contains(DOCUMENT);
            assertThat(error(ask(client, QuotingServing.MODEL_FAILS + "-1")))
                    .isEqualTo(ErrorCode.MODEL_FAILED);
            QuotingServing.KNOWLEDGE_FAILS.set(true);
            try {
                assertThat(error(ask(client, "knowledge-fails")))
                        .isEqualTo(ErrorCode.RETRIEVAL_FAILED);
            } finally {
                QuotingServing.KNOWLEDGE_FAILS.set(false);
            }
            assertThat(error(ask(client, "long", (PROMPT + " ").repeat(300))))
                    .isEqualTo(ErrorCode.PROMPT_TOO_LONG);
        }
    }

    private static void sendPoison(LocalService service) throws Exception {
        List<String> poison =
                List.of(
                        PROMPT,
                        "{\"prompt\": \"%s\"}".formatted(PROMPT),
                        "{\"id\": \"big\", \"prompt\": \"%s\"}".formatted(PROMPT.repeat(500)));
        try (KafkaProducer<byte[], byte[]> producer = KafkaRecords.producer(service.clients())) {
            for (String value : poison) {
                String topic = service.topics().requests().name();
                producer.send(KafkaRecords.record(topic, PROMPT, value)).get();
            }
        }
        assertThat(
                        KafkaRecords.read(
                                service.clients(),
                                service.topics().deadLetters().name(),
                                records -> records.size() >= poison.size()))
                .extracting(record -> new String(record.value(), UTF_8))
                .containsExactlyInAnyOrderElementsOf(poison);
    }

    private static ErrorCode error(Answer answer) {
        return Objects.requireNonNull(answer.error()).code();
    }

    private static Answer ask(RalmClient client, String id) throws Exception {
        return ask(client, id, "a question about " + PROMPT);
    }

    private static Answer ask(RalmClient client, String id, String prompt) throws Exception {
        return client.ask(
                TestRequests.speculative(id, prompt, 24, id.equals("fine")),
                delta -> {},
                Duration.ofSeconds(60));
    }
}
