package io.ralmspec.job;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.RetrievalParameters;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.Sampling;
import io.ralmspec.decoding.SpeculationPolicy;
import io.ralmspec.decoding.StrideRule;
import io.ralmspec.job.local.LocalService;
import io.ralmspec.job.local.Ports;
import io.ralmspec.kafka.AnswerReader;
import io.ralmspec.kafka.RequestWriter;
import java.nio.file.Path;
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
    private static final long SEED = 5;
    private static final int REQUESTS = 60;
    private static final List<SpeculationPolicy> POLICIES =
            List.of(
                    SpeculationPolicy.PLAIN,
                    new SpeculationPolicy(StrideRule.OS3, 1, 20, true, true, false),
                    new SpeculationPolicy(StrideRule.CONTINUOUS, 1, 20, true, true, false));

    @Test
    void whatWasInFlightOrWaitingIsAnswered(@TempDir Path directory) throws Exception {
        long before;
        try (LocalService service = start(directory, 20)) {
            try (KafkaProducer<byte[], byte[]> producer =
                    KafkaRecords.producer(service.clients())) {
                for (int i = 0; i < REQUESTS; i++) {
                    producer.send(
                            RequestWriter.record(request(i))
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
            for (int i = 0; i < REQUESTS; i++) {
                DecodingRequest request = request(i);
                int[] expected = new ScriptedServing(SEED).oracle(request).tokens();
                for (ConsumerRecord<byte[], byte[]> record : answers.get(request.id())) {
                    assertThat(AnswerReader.read(record.value()).tokens())
                            .as("answer to %s", request.id())
                            .isEqualTo(expected);
                }
            }
        }
    }

    private static LocalService start(Path directory, long stepMillis) throws Exception {
        Map<String, String> options = new HashMap<>(ScriptedServing.OPTIONS);
        options.put(JobOptions.MAX_IN_FLIGHT.key(), "8");
        options.put("execution.checkpointing.interval", "500ms");
        return LocalService.start(
                options,
                directory,
                0,
                Ports.freeOr(0),
                unused -> new ScriptedServing(SEED, stepMillis, 3 * stepMillis));
    }

    private static DecodingRequest request(int number) {
        SpeculationPolicy policy = POLICIES.get(number % POLICIES.size());
        return new DecodingRequest(
                "r" + number,
                "question " + number,
                40,
                List.of(),
                Sampling.GREEDY,
                RetrievalParameters.of(RetrieverKind.EXACT, DecodingMode.SPECULATIVE, policy),
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
