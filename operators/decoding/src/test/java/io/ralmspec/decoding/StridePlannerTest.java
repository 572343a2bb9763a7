package io.ralmspec.decoding;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class StridePlannerTest {
    private static final int LOOKUPS = 31;

    private final StridePlanner planner = new StridePlanner(StrideSettings.DEFAULT);

    /** Guesses would pay if they were right, and mostly are not. */
    private final Estimates doubtful =
            new Estimates(
                    0.1,
                    0,
                    CallCost.UNKNOWN.with(1, 0.2),
                    CallCost.UNKNOWN,
                    CallCost.UNKNOWN,
                    0.2,
                    0);

    @Test
    void oneRequestIn16WatchesForAllWhetherGuessesWouldPay() {
        int watching = 0;
        for (int i = 0; i < 800; i++) {
            Plan plan = plan("q" + i, doubtful);
            assertThat(plan).isIn(Plan.WATCHING, Plan.PLAIN);
            assertThat(plan("q" + i, doubtful)).isEqualTo(plan);
            watching += plan.guesses() ? 1 : 0;
        }
        assertThat(watching).isBetween(30, 70);
    }

    @Test
    void beforeCostsAreKnownEveryRequestWatches() {
        for (int i = 0; i < 100; i++) {
            assertThat(plan("q" + i, Estimates.UNKNOWN)).isEqualTo(Plan.WATCHING);
        }
    }

    @Test
    void besideOthersTooItSpeculatesWhereThatPays() {
        Estimates sure = doubtful.withGamma(0.9).withTurn(0.01);
        for (int i = 0; i < 20; i++) {
            assertThat(plan("q" + i, sure).stride()).isPositive();
        }
    }

    private Plan plan(String id, Estimates estimates) {
        RetrievalParameters retrieval = RequestDefaults.STANDARD.retrieval();
        DecodingRequest request =
                new DecodingRequest(
                        id, "prompt", 128, List.of(), Sampling.GREEDY, retrieval, false, 0);
        return planner.plan(request, estimates, Outcomes.NONE, LOOKUPS);
    }
}
