package io.ralmspec.decoding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** OS3 against the strides that the official solver gives (paper.md section 2). */
class StrideSchedulerTest {
    private final StrideScheduler scheduler = new StrideScheduler(new StrideSettings(32, 0.95, 5));

    @ParameterizedTest
    @CsvSource({
        // gamma, b / a, synchronous, asynchronous
        "0.3, 20, 3, 3",
        "0.5, 40, 5, 5",
        "0.6, 10, 4, 4",
        "0.6, 100, 8, 8",
        "0.8, 1, 3, 1",
        "0.8, 2, 4, 3",
        "0.8, 20, 9, 9",
        "0.9, 2, 6, 4",
        "0.9, 20, 15, 14",
        "0.9, 100, 25, 25",
    })
    void choosesThePapersStrides(double gamma, double ratio, int synchronous, int asynchronous) {
        Estimates estimates = estimates(gamma, 0.01, 0.01 * ratio);
        assertThat(scheduler.stride(estimates, Outcomes.NONE, false)).isEqualTo(synchronous);
        assertThat(scheduler.stride(estimates, Outcomes.NONE, true)).isEqualTo(asynchronous);
    }

    @Test
    void decodesPlainlyWhereSpeculationCannotPay() {
        Estimates cheap = estimates(0.9, 0.1, 0.002);
        assertThat(scheduler.stride(cheap, Outcomes.NONE, false)).isZero();
        assertThat(scheduler.stride(cheap, Outcomes.NONE, true)).isZero();
        assertThat(scheduler.stride(Estimates.UNKNOWN, Outcomes.NONE, true)).isZero();
    }

    @Test
    void staysWithinItsBounds() {
        Estimates dear = estimates(0.999, 0.001, 100);
        assertThat(scheduler.stride(dear, Outcomes.NONE, false)).isEqualTo(32);
        StrideScheduler paper = new StrideScheduler(new StrideSettings(32, 0.6, 5));
        assertThat(paper.stride(estimates(0.999, 0.01, 0.4), Outcomes.NONE, false)).isEqualTo(6);
    }

    @Test
    void aCallThatGrowsWithItsQueriesShortensTheStride() {
        Estimates flat = estimates(0.9, 0.01, 0.2);
        Estimates growing = flat;
        for (int i = 0; i < 20; i++) {
            int queries = 1 + i % 8;
            growing = growing.withCall(queries, 0.1 + 0.02 * queries);
        }
        assertThat(growing.callSeconds(11)).isCloseTo(0.32, within(0.02));
        assertThat(scheduler.stride(growing, Outcomes.NONE, false))
                .isLessThan(scheduler.stride(flat, Outcomes.NONE, false));
    }

    @Test
    void aWindowOfMissesLowersGammaAndForgetsThem() {
        Outcomes outcomes = Outcomes.NONE;
        for (int i = 0; i < 6; i++) {
            outcomes = outcomes.next(5).with(true).with(false);
        }
        assertThat(outcomes.survived()).hasSize(5);
        assertThat(outcomes.gamma(0.9, 0)).isEqualTo(0.5);
        assertThat(outcomes.gamma(0.9, 10)).isEqualTo(0.7);
        for (int i = 0; i < 5; i++) {
            outcomes = outcomes.next(5).with(true);
        }
        assertThat(outcomes.gamma(0.5, 0)).isEqualTo(1);
    }

    private static Estimates estimates(double gamma, double step, double call) {
        return new Estimates(step, 1, 1, call, 1, call, gamma);
    }
}
