package io.ralmspec.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.KnnParameters;
import io.ralmspec.decoding.RequestDefaults;
import io.ralmspec.decoding.RetrievalParameters;
import io.ralmspec.decoding.RetrievalScheme;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.Sampling;
import io.ralmspec.decoding.SpeculationPolicy;
import io.ralmspec.decoding.StrideRule;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

class RequestWriterTest {
    private static final KnnParameters KNN = new KnnParameters(1 / 3.0, 1e-9, 8, 0, 3, 100);

    @Test
    void theParserReadsBackTheSameRequest() {
        for (DecodingRequest request :
                List.of(
                        new DecodingRequest(
                                "é😀\"\\\u0001",
                                "line\nbreak\t\u2028 \"q\" 😀",
                                2048,
                                List.of("\n\n", "\""),
                                new Sampling(0.1, 0.3, Long.MIN_VALUE),
                                new RetrievalParameters(
                                        RetrieverKind.HNSW,
                                        DecodingMode.BASELINE,
                                        RetrievalScheme.FLARE,
                                        0.1,
                                        7,
                                        33,
                                        SpeculationPolicy.fixed(9, 11)),
                                true,
                                86_400_000),
                        plain(RequestDefaults.STANDARD.retrieval()),
                        plain(
                                RequestDefaults.STANDARD
                                        .retrieval()
                                        .with(DecodingMode.KNN_LM)
                                        .with(KNN)),
                        plain(
                                RequestDefaults.STANDARD
                                        .retrieval()
                                        .with(DecodingMode.KNN_LM_BASELINE)
                                        .with(RetrieverKind.HNSW)
                                        .with(new KnnParameters(1, 1e9, 1024, 256, 1024, 65_536))),
                        plain(RequestDefaults.STANDARD.retrieval().with(KNN)))) {
            OutputRecord record = RequestWriter.record(request);

            assertThat(TestRecords.requestOf(parse(record))).isEqualTo(request);
            assertThat(record.key()).asString(UTF_8).isEqualTo(request.id());
            JsonSchemas.REQUEST.check(Objects.requireNonNull(record.value()));
        }
    }

    @Test
    void everyPolicyAndSchemeReadsBack() {
        RetrievalParameters base = RequestDefaults.STANDARD.retrieval();
        for (StrideRule rule : StrideRule.values()) {
            for (RetrievalScheme scheme : RetrievalScheme.values()) {
                for (int flags = 0; flags < 4; flags++) {
                    var policy =
                            new SpeculationPolicy(
                                    rule,
                                    base.speculation().stride(),
                                    17,
                                    (flags & 1) != 0,
                                    (flags & 2) != 0,
                                    false);
                    var retrieval =
                            new RetrievalParameters(
                                    base.retriever(), base.mode(), scheme, 1 / 3.0, 4, 32, policy);
                    OutputRecord record = RequestWriter.record(plain(retrieval));

                    assertThat(TestRecords.requestOf(parse(record)).retrieval())
                            .isEqualTo(retrieval);
                    JsonSchemas.REQUEST.check(Objects.requireNonNull(record.value()));
                }
            }
        }
    }

    @Test
    void aCancellationIsATombstone() {
        Parsed parsed = parse(RequestWriter.cancellation("é"));

        assertThat(TestRecords.accepted(parsed).id()).isEqualTo("é");
        assertThat(TestRecords.accepted(parsed).request()).isNull();
    }

    @Test
    void originsKeepEverythingARecordHas() {
        var record = new ConsumerRecord<>("t", 2, 5, new byte[] {1}, new byte[] {2});
        record.headers().add("a", new byte[] {3}).add("none", null).add("a", new byte[] {4});

        var origin = Origins.of(record);

        assertThat(origin.position()).isEqualTo("t-2@5");
        assertThat(origin.key()).containsExactly(1);
        assertThat(origin.value()).containsExactly(2);
        assertThat(origin.headerNames()).containsExactly("a", "none", "a");
        assertThat(origin.headerValues())
                .usingRecursiveComparison()
                .isEqualTo(List.of(new byte[] {3}, new byte[0], new byte[] {4}));
    }

    private static DecodingRequest plain(RetrievalParameters retrieval) {
        return new DecodingRequest("a", "p", 1, List.of(), Sampling.GREEDY, retrieval, false, 0);
    }

    private static Parsed parse(OutputRecord record) {
        return TestRecords.PARSER.parse(TestRecords.origin(record.key(), record.value(), Map.of()));
    }
}
