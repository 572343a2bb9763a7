package io.ralmspec.decoding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** OS3 against the strides that the solver of the paper's official code gives. */
class StrideSchedulerTest {
    private static final int ENDLESS = 1_000_000;

    private final StrideScheduler scheduler = new StrideScheduler(new StrideSettings(32, 0.95, 5));

    @ParameterizedTest
    @CsvSource({
        // gamma, b / a, stride
        "0.3, 20, 3",
        "0.5, 5, 3",
        "0.5, 40, 5",
        "0.6, 10, 4",
        "0.6, 100, 8",
        "0.8, 1, 3",
        "0.8, 2, 4",
        "0.8, 20, 9",
        "0.9, 2, 6",
        "0.9, 20, 15",
        "0.9, 100, 25",
    })
    void choosesThePapersStridesForAnswersWithoutEnd(double gamma, double ratio, int stride) {
        Estimates estimates = estimates(gamma, 0.01, 0.01 * ratio);
        assertThat(stride(scheduler, estimates, Outcomes.NONE, ENDLESS, false)).isEqualTo(stride);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void noOtherStrideFindsTheFirstWrongGuessSooner(boolean async) {
        for (double gamma : new double[] {0.4, 0.7, 0.9, 0.95}) {
            for (double ratio : new double[] {1, 2, 5, 20, 40}) {
                for (int lookups : new int[] {2, 7, 31, 100}) {
                    Estimates estimates = estimates(gamma, 1, ratio);
                    int chosen = stride(scheduler, estimates, Outcomes.NONE, lookups, async);
                    double least = Double.MAX_VALUE;
                    for (int n = 1; n <= Math.min(32, lookups); n++) {
                        least = Math.min(least, secondsToFind(gamma, ratio, n, lookups, async));
                    }
                    double found =
                            chosen == 0
                                    ? secondsToFind(gamma, ratio, 1, lookups, false)
                                    : secondsToFind(gamma, ratio, chosen, lookups, async);
                    assertThat(found)
                            .as("gamma %s, b/a %s, lookups %d", gamma, ratio, lookups)
                            .isLessThan(least * 1.12);
                }
            }
        }
    }

    /** By going through every place where the first wrong guess can be. */
    private static double secondsToFind(double gamma, double b, int n, int lookups, boolean async) {
        double expected = 0;
        for (int wrong = 1; wrong <= lookups; wrong++) {
            boolean last = wrong == lookups;
            double probability = Math.pow(gamma, wrong - 1) * (last ? 1 : 1 - gamma);
            double seconds = 0;
            int verified = 0;
            while (verified < wrong) {
                boolean ahead = async && verified > 0;
                int batch = Math.min(lookups - verified, ahead ? (int) b : n);
                seconds += ahead ? b : batch + b;
                verified += batch;
            }
            expected += probability * seconds;
        }
        return expected;
    }

    @Test
    void asksEarlierWhenStepsGoOnMeanwhile() {
        Estimates estimates = estimates(0.95, 0.1, 0.15);
        assertThat(stride(scheduler, estimates, Outcomes.NONE, ENDLESS, false)).isGreaterThan(4);
        assertThat(stride(scheduler, estimates, Outcomes.NONE, ENDLESS, true)).isEqualTo(1);
    }

    @Test
    void asksForAllAtOnceWhereTheEndIsNear() {
        Estimates estimates = estimates(0.95, 0.1, 4.37);
        assertThat(stride(scheduler, estimates, Outcomes.NONE, 31, true)).isEqualTo(31);
        assertThat(stride(scheduler, estimates, Outcomes.NONE, ENDLESS, true)).isLessThan(31);
    }

    @Test
    void waitsWhereStepsAndCallsSlowEachOtherDown() {
        Estimates alone = estimates(0.9, 0.1, 0.1);
        assertThat(scheduler.plan(alone, Outcomes.NONE, 31, true, false).ahead()).isTrue();
        Estimates beside = alone;
        for (int i = 0; i < 20; i++) {
            beside = beside.withStep(0.2, true).withCall(1, 5, 0.2, true);
        }
        Plan waiting = scheduler.plan(beside, Outcomes.NONE, 31, true, false);
        assertThat(waiting.ahead()).isFalse();
        assertThat(waiting.stride()).isGreaterThan(1);
        for (int i = 0; i < 200; i++) {
            beside = beside.withStep(0.1, false).withCall(1, 5, 0.1, false);
        }
        assertThat(scheduler.plan(beside, Outcomes.NONE, 31, true, false).ahead())
                .as("tried again after a while")
                .isTrue();
    }

    /** Drafts that keep their document cost less than steps that read one, whoever makes them. */
    @Test
    void aCallBesideItMakesNoStepCheaper() {
        Estimates alone = estimates(0.95, 0.1, 0.006);
        Estimates beside = alone;
        for (int i = 0; i < 20; i++) {
            beside = beside.withStep(0.02, true).withCall(1, 5, 0.006, true);
        }
        assertThat(beside.stepSeconds(true)).isEqualTo(0.1);
        assertThat(scheduler.plan(beside, Outcomes.NONE, 31, true, false)).isEqualTo(Plan.PLAIN);
    }

    @Test
    void forgetsWhatTheWayNotTakenOnceCost() {
        Estimates estimates = estimates(0.9, 0.1, 0.1).withCall(3, 20, 50, false);
        assertThat(estimates.callSeconds(1, false)).isGreaterThan(1);
        for (int i = 0; i < 1000; i++) {
            estimates = estimates.withCall(1, 1, 0.1, false);
        }
        assertThat(estimates.callSeconds(1, false)).isLessThan(0.2);
    }

    @Test
    void aTrialDecodesPlainlyUnlessSpeculationIsClearlyFaster() {
        Estimates doubtful = estimates(0.9, 0.1, 0.03);
        assertThat(scheduler.plan(doubtful, Outcomes.NONE, 31, true, false).ahead()).isTrue();
        assertThat(scheduler.plan(doubtful, Outcomes.NONE, 31, true, true)).isEqualTo(Plan.PLAIN);
        Estimates clear = estimates(0.9, 0.1, 1);
        assertThat(scheduler.plan(clear, Outcomes.NONE, 31, true, true).stride()).isPositive();
    }

    @Test
    void watchesGuessesOnlyWhereTheBestOfThemCouldPay() {
        Estimates unlucky = estimates(0.05, 0.1, 0.1);
        assertThat(scheduler.plan(unlucky, Outcomes.NONE, 31, true, false))
                .isEqualTo(Plan.WATCHING);
        Estimates cheap = estimates(0.9, 0.1, 0.002);
        assertThat(scheduler.plan(cheap, Outcomes.NONE, 31, true, false)).isEqualTo(Plan.PLAIN);
    }

    @Test
    void decodesPlainlyWhereSpeculationCannotPay() {
        Estimates cheap = estimates(0.9, 0.1, 0.002);
        assertThat(stride(scheduler, cheap, Outcomes.NONE, ENDLESS, false)).isZero();
        assertThat(stride(scheduler, cheap, Outcomes.NONE, ENDLESS, true)).isZero();
        assertThat(stride(scheduler, Estimates.UNKNOWN, Outcomes.NONE, ENDLESS, true)).isZero();
    }

    @Test
    void decodesPlainlyWhereTheModelIsNeverIdle() {
        Estimates alone = estimates(0.9, 0.1, 0.15);
        assertThat(scheduler.plan(alone, Outcomes.NONE, 31, true, false).stride()).isPositive();
        // Three others want it as well: plain decoding keeps it busy, 0.1 + 0.15 < 4 * 0.1.
        Estimates saturated = alone.withTurn(0.4);
        assertThat(scheduler.plan(saturated, Outcomes.NONE, 31, true, false)).isEqualTo(Plan.PLAIN);
        assertThat(scheduler.plan(saturated, Outcomes.NONE, 31, false, false))
                .isEqualTo(Plan.PLAIN);
    }

    @Test
    void runsLessAheadWhereTheModelHasOtherRequestsToo() {
        Estimates alone = estimates(0.9, 0.1, 4.37);
        Plan few = scheduler.plan(alone.withTurn(1.6), Outcomes.NONE, 31, true, false);
        Plan one = scheduler.plan(alone.withTurn(0.1), Outcomes.NONE, 31, true, false);
        assertThat(one).isEqualTo(scheduler.plan(alone, Outcomes.NONE, 31, true, false));
        assertThat(few.stride()).isBetween(1, one.stride() - 1);
    }

    @Test
    void staysWithinItsBounds() {
        Estimates dear = estimates(0.999, 0.001, 100);
        assertThat(stride(scheduler, dear, Outcomes.NONE, ENDLESS, false)).isEqualTo(32);
        StrideScheduler paper = new StrideScheduler(new StrideSettings(32, 0.6, 5));
        Estimates sure = estimates(0.999, 0.01, 0.4);
        assertThat(stride(paper, sure, Outcomes.NONE, ENDLESS, false)).isEqualTo(6);
    }

    @Test
    void aCallThatGrowsWithItsQueriesShortensTheStride() {
        Estimates flat = estimates(0.9, 0.01, 0.2);
        Estimates growing = flat;
        for (int i = 0; i < 20; i++) {
            int queries = 1 + i % 8;
            growing = growing.withCall(queries, 5, 0.1 + 0.02 * queries, false);
        }
        assertThat(growing.callSeconds(11, false)).isCloseTo(0.32, within(0.02));
        assertThat(stride(scheduler, growing, Outcomes.NONE, ENDLESS, false))
                .isLessThan(stride(scheduler, flat, Outcomes.NONE, ENDLESS, false));
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

    private static int stride(
            StrideScheduler scheduler,
            Estimates estimates,
            Outcomes outcomes,
            int lookups,
            boolean async) {
        return scheduler.plan(estimates, outcomes, lookups, async, false).stride();
    }

    private static Estimates estimates(double gamma, double step, double call) {
        CallCost cost = CallCost.UNKNOWN.with(1, call);
        return new Estimates(step, 0, cost, cost, CallCost.UNKNOWN, gamma, 0);
    }
}
