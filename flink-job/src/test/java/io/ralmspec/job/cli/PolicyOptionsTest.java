package io.ralmspec.job.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.KnnParameters;
import io.ralmspec.decoding.RequestDefaults;
import io.ralmspec.decoding.RetrievalParameters;
import io.ralmspec.decoding.RetrievalScheme;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.SpeculationPolicy;
import io.ralmspec.decoding.StrideRule;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

class PolicyOptionsTest {
    private static final RetrievalParameters STANDARD = RequestDefaults.STANDARD.retrieval();

    @Command
    private static final class Asking {
        @Mixin PolicyOptions policy = new PolicyOptions();
    }

    @Test
    void withoutArgumentsItIsTheShippedDefault() {
        assertThat(parse()).isEqualTo(STANDARD);
    }

    @Test
    void everyArgumentArrives() {
        assertThat(
                        parse(
                                "--stride=2",
                                "--scheme=flare",
                                "--confidence=0.3",
                                "--speculation-stride=7",
                                "--prefetch=9",
                                "--no-async",
                                "--no-recovery",
                                "--no-graph"))
                .isEqualTo(
                        new RetrievalParameters(
                                STANDARD.retriever(),
                                STANDARD.mode(),
                                RetrievalScheme.FLARE,
                                0.3,
                                2,
                                STANDARD.queryTokens(),
                                SpeculationPolicy.fixed(7, 9)));
        assertThat(
                        parse(
                                        "--neighbours=8",
                                        "--lambda=0.5",
                                        "--knn-temperature=20",
                                        "--successors=3",
                                        "--knn-prefetch=4",
                                        "--cache-entries=100")
                                .knn())
                .isEqualTo(new KnnParameters(0.5, 20, 8, 3, 4, 100));
    }

    @ParameterizedTest
    @CsvSource({"os3,OS3", "continuous,CONTINUOUS", "1,FIXED", "64,FIXED"})
    void aStrideIsANumberOrARule(String text, StrideRule rule) {
        assertThat(parse("--speculation-stride", text).speculation().rule()).isEqualTo(rule);
    }

    @Test
    void aFlagThatIsOnStaysOnByItsOwnName() {
        assertThat(parse("--async", "--recovery", "--graph").speculation())
                .isEqualTo(parse().speculation());
        assertThat(parse("--no-async").speculation())
                .extracting(
                        SpeculationPolicy::async,
                        SpeculationPolicy::recovery,
                        SpeculationPolicy::graph)
                .containsExactly(false, true, true);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--speculation-stride=0  | --speculation-stride must be in [1, 64], os3 or"
                        + " continuous (got 0)",
                "--speculation-stride=x  | --speculation-stride must be in [1, 64], os3 or"
                        + " continuous (got x)",
                "--scheme=naive          | --scheme must be every-stride, iter-retgen or flare (got"
                        + " naive)",
                "--confidence=1          | `retrieval.confidence` must be in (0, 1) (got 1.0)",
                "--prefetch=0            | `retrieval.speculation.prefetch` must be >= 1 (got 0)",
                "--neighbours=0          | `retrieval.knn.k` must be in [1, 1024] (got 0)",
                "--lambda=2              | `retrieval.knn.lambda` must be in [0, 1] (got 2.0)",
                "--stride=0              | `retrieval.stride` must be >= 1 (got 0)",
            })
    void whatIsOutOfRangeIsNamed(String argument, String message) {
        assertThatThrownBy(() -> parse(argument))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    private static RetrievalParameters parse(String... arguments) {
        return CommandLine.populateCommand(new Asking(), arguments)
                .policy
                .retrieval(RetrieverKind.EXACT, DecodingMode.SPECULATIVE);
    }
}
