package io.ralmspec.job.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.RequestDefaults;
import io.ralmspec.decoding.SpeculationPolicy;
import io.ralmspec.decoding.StrideRule;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BenchPolicyTest {
    @ParameterizedTest
    @CsvSource({
        "spec, FIXED, 3, 1, false, false, false",
        "P, FIXED, 3, 20, false, false, false",
        "S, OS3, 3, 1, false, false, false",
        "A, FIXED, 3, 1, true, false, false",
        "PSA, OS3, 3, 20, true, false, false",
        "SA, OS3, 3, 1, true, false, false",
        "continuous, CONTINUOUS, 3, 20, true, false, false",
        "continuous+recovery, CONTINUOUS, 3, 20, true, true, false",
        "PSA+recovery, OS3, 3, 20, true, true, false",
        "'stride=7', FIXED, 7, 1, false, false, false",
        "'stride=os3,prefetch=256,async,recovery', OS3, 3, 256, true, true, false",
        "'stride=continuous,recovery', CONTINUOUS, 3, 1, false, true, false",
        "spec+graph, FIXED, 3, 1, false, false, true",
        "PSA+recovery+graph, OS3, 3, 20, true, true, true",
        "PSA+graph+recovery, OS3, 3, 20, true, true, true",
        "'stride=os3,async,graph', OS3, 3, 1, true, false, true",
    })
    void readsNamesAndWhatIsSpelledOut(
            String text,
            StrideRule rule,
            int stride,
            int prefetch,
            boolean async,
            boolean recovery,
            boolean graph) {
        BenchPolicy policy = BenchPolicy.parse(text);
        assertThat(policy.name()).isEqualTo(text);
        assertThat(policy.mode()).isEqualTo(DecodingMode.SPECULATIVE);
        assertThat(policy.policy())
                .isEqualTo(new SpeculationPolicy(rule, stride, prefetch, async, recovery, graph));
    }

    @Test
    void defaultIsWhatARequestGetsThatSaysNothing() {
        assertThat(BenchPolicy.parse("default").policy())
                .isEqualTo(RequestDefaults.STANDARD.retrieval().speculation());
    }

    @Test
    void aListHoldsEachPolicyOnceWithTheBaselineFirst() {
        assertThat(BenchPolicy.parseAll("P, stride=os3,prefetch=256,async,PSA,baseline,P"))
                .extracting(BenchPolicy::name)
                .containsExactly("baseline", "P", "stride=os3,prefetch=256,async", "PSA");
    }

    @Test
    void settingsReadBackAsThePolicy() {
        for (BenchPolicy policy : BenchPolicy.parseAll("spec,PSA,continuous+recovery,stride=9")) {
            if (policy.mode() == DecodingMode.SPECULATIVE) {
                assertThat(BenchPolicy.parse(policy.settings()).policy())
                        .isEqualTo(policy.policy());
            }
        }
        assertThat(BenchPolicy.parse("PSA").settings()).isEqualTo("stride=os3,prefetch=20,async");
        assertThat(BenchPolicy.BASELINE.settings()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "AP",
                "",
                "baseline+recovery",
                "stride=fixed",
                "stride=0",
                "stride=3,prefetch=x",
                "stride=3,fast",
                "prefetch=20"
            })
    void refusesOthersByName(String text) {
        assertThatThrownBy(() -> BenchPolicy.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("--policies")
                .hasMessageEndingWith("(got %s)", text);
    }
}
