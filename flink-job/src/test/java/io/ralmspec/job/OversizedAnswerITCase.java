package io.ralmspec.job;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.ErrorCode;
import io.ralmspec.decoding.RequestError;
import io.ralmspec.job.client.RalmClient;
import io.ralmspec.job.local.EmbeddedBroker;
import io.ralmspec.job.local.LocalService;
import io.ralmspec.job.local.Ports;
import io.ralmspec.kafka.AnswerSerializer;
import io.ralmspec.kafka.ClientSettings;
import io.ralmspec.kafka.TopicPlan;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Answers that their topic does not take, on a real broker with small limits. */
class OversizedAnswerITCase {
    private static final String MAX_MESSAGE_BYTES = "max.message.bytes";
    private static final int LIMIT = AnswerSerializer.MIN_MAX_ANSWER_BYTES;

    @TempDir Path directory;

    @Test
    void anAnswerThatItsTopicDoesNotTakeIsAnErrorAnswerAndTheJobGoesOn() throws Exception {
        // Titles make an answer of many sources large.
        var serving = new QuotingServing(new ScriptedServing(3), "t".repeat(8000));
        Map<String, String> options = new HashMap<>(ScriptedServing.OPTIONS);
        options.put(JobOptions.MAX_ANSWER_SIZE.key(), LIMIT + " bytes");
        // A restart would be one too many.
        options.put("restart-strategy.type", "disable");
        try (LocalService service =
                LocalService.start(options, directory, 0, Ports.freeOr(0), unused -> serving)) {
            int topicLimit = LIMIT + AnswerSerializer.RECORD_BYTES;
            String answers = service.topics().answers().name();
            assertThat(limitOf(service.clients(), answers)).isEqualTo("" + topicLimit);
            assertBrokerRefuses(service.clients(), answers, topicLimit);

            try (RalmClient client = new RalmClient(service.clients(), service.topics())) {
                assertThat(ask(client, "small-1", 1).error()).isNull();
                RequestError error =
                        Objects.requireNonNull(ask(client, "large", 100).error(), "no error");
                assertThat(error.code()).isEqualTo(ErrorCode.ANSWER_TOO_LARGE);
                assertThat(error.message())
                        .startsWith("`answer` must be <= %d bytes (got ".formatted(LIMIT));
                assertThat(got(error)).as("the fault").isGreaterThan(topicLimit);
                assertThat(ask(client, "small-2", 1).error()).isNull();
            }
        }
    }

    @Test
    void aTopicThatTakesTooLittleIsRefusedBeforeTheJobRuns() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(directory, 0)) {
            ClientSettings clients = ClientSettings.of(broker.bootstrapServers());
            TopicPlan small = TopicPlan.load().withMaxMessageBytes(TopicPlan.Role.ANSWERS, 100_000);
            try (Admin admin = Admin.create(clients.admin())) {
                small.createMissing(admin, 1);
            }
            String[] arguments = {
                "-Dralmspec.kafka.bootstrap-servers=" + broker.bootstrapServers(),
                "-Dralmspec.model.directory=none",
                "-Dralmspec.encoder.directory=none",
                "-Dralmspec.knowledge.directory=none"
            };
            assertThatThrownBy(() -> RalmSpecJob.main(arguments))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageStartingWith(
                            "`max.message.bytes` of topic ralm.answers must be >= 1048588 (got"
                                    + " 100000): run kafka-configs.sh");
        }
    }

    /** Otherwise this tests nothing. */
    private static void assertBrokerRefuses(ClientSettings clients, String topic, int bytes) {
        try (KafkaProducer<byte[], byte[]> producer = KafkaRecords.producer(clients)) {
            byte[] noise = new byte[bytes];
            new Random(1).nextBytes(noise);
            assertThatThrownBy(
                            () ->
                                    producer.send(
                                                    new ProducerRecord<>(
                                                            topic, "x".getBytes(UTF_8), noise))
                                            .get())
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(RecordTooLargeException.class);
        }
    }

    private static String limitOf(ClientSettings clients, String topic) throws Exception {
        var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        try (Admin admin = Admin.create(clients.admin())) {
            return admin.describeConfigs(List.of(resource))
                    .all()
                    .get()
                    .get(resource)
                    .get(MAX_MESSAGE_BYTES)
                    .value();
        }
    }

    private static int got(RequestError error) {
        return Integer.parseInt(error.message().replaceAll(".*got (\\d+).*", "$1"));
    }

    private static Answer ask(RalmClient client, String id, int maxTokens) throws Exception {
        return client.ask(
                TestRequests.speculative(id, "what is large", maxTokens, true),
                delta -> {},
                Duration.ofSeconds(60));
    }
}
