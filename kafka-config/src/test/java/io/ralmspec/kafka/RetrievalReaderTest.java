package io.ralmspec.kafka;

import static io.ralmspec.kafka.TestRecords.origin;
import static io.ralmspec.kafka.TestRecords.parse;
import static io.ralmspec.kafka.TestRecords.request;
import static io.ralmspec.kafka.TestRecords.requestOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.RequestDefaults;
import io.ralmspec.decoding.RequestLimits;
import io.ralmspec.decoding.SpeculationPolicy;
import io.ralmspec.decoding.StrideRule;
import org.junit.jupiter.api.Test;

/** A policy given in part; single fields are in {@link RequestTable}. */
class RetrievalReaderTest {
    @Test
    void changesOnlyWhatTheRequestSaysOfThePolicy() {
        SpeculationPolicy standard = RequestDefaults.STANDARD.retrieval().speculation();

        assertThat(policy("\"stride\":7"))
                .isEqualTo(
                        new SpeculationPolicy(
                                StrideRule.FIXED,
                                7,
                                standard.prefetch(),
                                standard.async(),
                                standard.recovery()));
        assertThat(policy("\"stride\":\"continuous\",\"recovery\":false"))
                .isEqualTo(
                        new SpeculationPolicy(
                                StrideRule.CONTINUOUS,
                                standard.stride(),
                                standard.prefetch(),
                                standard.async(),
                                false));
        assertThat(policy("\"stride\":null,\"async\":false"))
                .isEqualTo(
                        new SpeculationPolicy(
                                standard.rule(),
                                standard.stride(),
                                standard.prefetch(),
                                false,
                                standard.recovery()));
    }

    @Test
    void aRequestCanAskForOs3WhereTheDefaultIsANumber() {
        var parser = new RequestParser(RequestLimits.DEFAULT, RequestDefaults.PAPER);
        String json = request("\"retrieval\":{\"speculation\":{\"stride\":\"os3\"}}");

        assertThat(requestOf(parser.parse(origin(json))).retrieval().speculation())
                .isEqualTo(new SpeculationPolicy(StrideRule.OS3, 3, 1, false, false));
        assertThat(requestOf(parser.parse(origin(request("")))).retrieval().speculation())
                .isEqualTo(SpeculationPolicy.PLAIN);
    }

    private static SpeculationPolicy policy(String members) {
        return requestOf(parse(request("\"retrieval\":{\"speculation\":{%s}}".formatted(members))))
                .retrieval()
                .speculation();
    }
}
