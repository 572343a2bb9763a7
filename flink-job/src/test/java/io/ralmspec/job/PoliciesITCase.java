package io.ralmspec.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.Counters;
import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.Delta;
import io.ralmspec.decoding.RetrievalParameters;
import io.ralmspec.decoding.RetrievalScheme;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.Sampling;
import io.ralmspec.decoding.SpeculationPolicy;
import io.ralmspec.decoding.StrideRule;
import io.ralmspec.job.local.LocalService;
import io.ralmspec.job.local.Ports;
import io.ralmspec.kafka.AnswerReader;
import io.ralmspec.kafka.DeltaReader;
import io.ralmspec.kafka.RequestWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every policy, scheme and retriever at the same time in one running job. Retrieval takes longer
 * than a step, so that it is worth speculating and steps run while verifications are out.
 */
class PoliciesITCase {
    private static final ScriptedServing SERVING = new ScriptedServing(23, 2, 40);

    private static final List<DecodingRequest> REQUESTS = requests();
    private static final Map<String, Answer> ANSWERS = new HashMap<>();
    private static final Map<String, List<Delta>> DELTAS = new HashMap<>();

    @TempDir static Path directory;

    @BeforeAll
    static void askAllAtOnce() throws Exception {
        Map<String, String> options = new HashMap<>(ScriptedServing.OPTIONS);
        options.put("parallelism.default", "2");
        // More would make the model, which they share, the slower one.
        options.put(JobOptions.MAX_IN_FLIGHT.key(), "4");
        try (LocalService service =
                LocalService.start(options, directory, 0, Ports.freeOr(0), unused -> SERVING)) {
            String topic = service.topics().requests().name();
            try (KafkaProducer<byte[], byte[]> producer =
                    KafkaRecords.producer(service.clients())) {
                for (DecodingRequest request : REQUESTS) {
                    producer.send(RequestWriter.record(request).toProducerRecord(topic));
                }
            }
            KafkaRecords.read(
                            service.clients(),
                            service.topics().answers().name(),
                            records -> records.size() >= REQUESTS.size())
                    .forEach(
                            record -> {
                                Answer answer = AnswerReader.read(record.value());
                                assertThat(ANSWERS.put(answer.id(), answer)).isNull();
                            });
            KafkaRecords.read(
                            service.clients(),
                            service.topics().deltas().name(),
                            records ->
                                    deltas(records).filter(Delta::last).count() >= REQUESTS.size())
                    .stream()
                    .map(record -> DeltaReader.read(record.value()))
                    .forEach(
                            delta ->
                                    DELTAS.computeIfAbsent(delta.id(), id -> new ArrayList<>())
                                            .add(delta));
        }
    }

    @Test
    void everyAnswerEqualsTheSequentialOracle() {
        assertThat(ANSWERS).hasSize(REQUESTS.size());
        for (DecodingRequest request : REQUESTS) {
            Answer answer = answer(request);
            Answer expected = SERVING.oracle(request);
            assertThat(answer.tokens()).as(request.id()).isEqualTo(expected.tokens());
            assertThat(answer.text()).as(request.id()).isEqualTo(expected.text());
            assertThat(answer.finishReason()).as(request.id()).isEqualTo(expected.finishReason());
            assertThat(answer.sources()).as(request.id()).isEqualTo(expected.sources());
        }
    }

    @Test
    void streamedTextIsTheAnswersUnderEveryPolicy() {
        for (DecodingRequest request : REQUESTS) {
            List<Delta> deltas =
                    DELTAS.get(request.id()).stream()
                            .sorted(Comparator.comparing(Delta::sequence))
                            .toList();
            assertThat(deltas).as(request.id()).extracting(Delta::sequence).doesNotHaveDuplicates();
            assertThat(deltas.stream().map(Delta::text).collect(Collectors.joining()))
                    .as(request.id())
                    .isEqualTo(answer(request).text());
        }
    }

    @Test
    void eachPolicyDidWhatItIsFor() {
        assertThat(sum(SpeculationPolicy::recovery, Counters::redraftedSteps)).isPositive();
        assertThat(sum(SpeculationPolicy::recovery, Counters::unchangedSteps)).isPositive();
        assertThat(sum(SpeculationPolicy::recovery, Counters::recoveredTokens)).isPositive();
        assertThat(sum(policy -> !policy.recovery(), Counters::redraftedSteps)).isZero();
        assertThat(sum(policy -> !policy.recovery(), Counters::rolledBackTokens)).isPositive();
        assertThat(sum(SpeculationPolicy::async, Counters::cancelledSteps)).isPositive();
        assertThat(sum(policy -> !ahead(policy), Counters::cancelledSteps)).isZero();
        // Already the prompt's lookup is guessed.
        assertThat(REQUESTS)
                .filteredOn(request -> request.retrieval().retriever() == RetrieverKind.EXACT)
                .filteredOn(request -> request.retrieval().mode().speculative())
                .filteredOn(request -> request.retrieval().speculation().graph())
                .filteredOn(request -> request.retrieval().speculation().rule() != StrideRule.OS3)
                .extracting(request -> answer(request).counters())
                .isNotEmpty()
                .allMatch(counters -> counters.rounds() == counters.retrievalCalls());
        for (StrideRule rule : StrideRule.values()) {
            assertThat(sum(policy -> policy.rule() == rule, Counters::accepted))
                    .as(rule.wireName())
                    .isPositive();
        }
    }

    @Test
    void eachSchemeHasItsOwnAnswers() {
        for (RetrievalScheme scheme : RetrievalScheme.values()) {
            if (scheme == RetrievalScheme.EVERY_STRIDE) {
                continue;
            }
            assertThat(REQUESTS)
                    .as(scheme.wireName())
                    .filteredOn(request -> request.retrieval().scheme() == scheme)
                    .anySatisfy(
                            request -> {
                                DecodingRequest plain =
                                        request(
                                                request.id(),
                                                request.retrieval().retriever(),
                                                request.retrieval().mode(),
                                                RetrievalScheme.EVERY_STRIDE,
                                                request.retrieval().speculation());
                                assertThat(answer(request).tokens())
                                        .isNotEqualTo(SERVING.oracle(plain).tokens());
                            });
        }
    }

    private static List<DecodingRequest> requests() {
        List<DecodingRequest> requests = new ArrayList<>();
        for (RetrievalScheme scheme : RetrievalScheme.values()) {
            for (RetrieverKind retriever : RetrieverKind.values()) {
                for (SpeculationPolicy policy : policies()) {
                    String id = "request-" + requests.size();
                    requests.add(request(id, retriever, DecodingMode.SPECULATIVE, scheme, policy));
                }
                requests.add(
                        request(
                                "baseline-" + requests.size(),
                                retriever,
                                DecodingMode.BASELINE,
                                scheme,
                                SpeculationPolicy.PLAIN));
            }
        }
        return requests;
    }

    private static List<SpeculationPolicy> policies() {
        List<SpeculationPolicy> policies = new ArrayList<>();
        for (boolean async : new boolean[] {false, true}) {
            for (boolean recovery : new boolean[] {false, true}) {
                for (boolean graph : new boolean[] {false, true}) {
                    for (int prefetch : new int[] {1, 20}) {
                        for (StrideRule rule : StrideRule.values()) {
                            policies.add(
                                    new SpeculationPolicy(
                                            rule, 4, prefetch, async, recovery, graph));
                        }
                    }
                }
            }
        }
        return policies;
    }

    private static DecodingRequest request(
            String id,
            RetrieverKind retriever,
            DecodingMode mode,
            RetrievalScheme scheme,
            SpeculationPolicy policy) {
        return new DecodingRequest(
                id,
                "a question about " + id.hashCode() % 7,
                60,
                List.of(),
                id.hashCode() % 3 == 0 ? new Sampling(0.8, 0.9, 7) : Sampling.GREEDY,
                new RetrievalParameters(retriever, mode, scheme, 0.8, 4, 32, policy),
                true,
                0);
    }

    private static int sum(Predicate<SpeculationPolicy> of, ToIntFunction<Counters> counter) {
        return REQUESTS.stream()
                .filter(request -> of.test(request.retrieval().speculation()))
                .mapToInt(request -> counter.applyAsInt(answer(request).counters()))
                .sum();
    }

    /** Whether steps run while a verification is out. */
    private static boolean ahead(SpeculationPolicy policy) {
        return policy.async() || policy.rule() == StrideRule.CONTINUOUS;
    }

    private static Answer answer(DecodingRequest request) {
        return Objects.requireNonNull(ANSWERS.get(request.id()), request.id());
    }

    private static Stream<Delta> deltas(List<ConsumerRecord<byte[], byte[]>> records) {
        return records.stream().map(record -> DeltaReader.read(record.value()));
    }
}
