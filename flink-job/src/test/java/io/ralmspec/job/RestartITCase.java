package io.ralmspec.job;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.RetrievalParameters;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.Sampling;
import io.ralmspec.job.local.LocalService;
import io.ralmspec.job.local.Ports;
import io.ralmspec.kafka.AnswerReader;
import io.ralmspec.kafka.RequestWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The service is stopped in the middle of its work and started again. */
class RestartITCase {
    private static final int REQUESTS = 60;
    private static final Map<String, String> OPTIONS =
            Map.of(
                    JobOptions.MODEL_DIRECTORY.key(),
                    "scripted",
                    JobOptions.ENCODER_DIRECTORY.key(),
                    "scripted",
                    JobOptions.KNOWLEDGE_DIRECTORY.key(),
                    "scripted",
                    JobOptions.MAX_IN_FLIGHT.key(),
                    "8",
                    "execution.checkpointing.interval",
                    "500ms");

    @Test
    void whatWasInFlightOrWaitingIsAnswered(@TempDir Path directory) throws Exception {
        long before;
        try (LocalService service = start(directory, 20)) {
            try (KafkaProducer<byte[], byte[]> producer =
                    KafkaRecords.producer(service.clients())) {
                for (int i = 0; i < REQUESTS; i++) {
                    producer.send(
                            RequestWriter.record(request("r" + i))
                                    .toProducerRecord(service.topics().requests().name()));
                }
            }
            // Some are answered, the others in flight or waiting, all behind the read offsets.
            before = read(service, 5).size();
            Thread.sleep(1_500);
        }
        assertThat(before).isBetween(5L, REQUESTS / 2L);

        try (LocalService service = start(directory, 0)) {
            Map<String, List<ConsumerRecord<byte[], byte[]>>> answers = read(service, REQUESTS);
            assertThat(answers).hasSize(REQUESTS);
            Map<String, int[]> tokens = new HashMap<>();
            answers.forEach(
                    (id, records) ->
                            records.forEach(
                                    record -> {
                                        int[] found = AnswerReader.read(record.value()).tokens();
                                        int[] first = tokens.putIfAbsent(id, found);
                                        assertThat(first == null || Arrays.equals(first, found))
                                                .as("repeated answer to %s", id)
                                                .isTrue();
                                    }));
        }
    }

    private static LocalService start(Path directory, long stepMillis) throws Exception {
        return LocalService.start(
                OPTIONS,
                directory,
                0,
                Ports.freeOr(0),
                unused -> new ScriptedServing(5, stepMillis));
    }

    private static DecodingRequest request(String id) {
        return new DecodingRequest(
                id,
                "question " + id,
                40,
                List.of(),
                Sampling.GREEDY,
                new RetrievalParameters(RetrieverKind.EXACT, DecodingMode.SPECULATIVE, 4, 32, 3, 1),
                false,
                0);
    }

    private static Map<String, List<ConsumerRecord<byte[], byte[]>>> read(
            LocalService service, int ids) {
        return byId(
                KafkaRecords.read(
                        service.clients(),
                        service.topics().answers().name(),
                        records -> byId(records).size() >= ids));
    }

    private static Map<String, List<ConsumerRecord<byte[], byte[]>>> byId(
            List<ConsumerRecord<byte[], byte[]>> records) {
        return records.stream()
                .collect(Collectors.groupingBy(record -> new String(record.key(), UTF_8)));
    }
}
