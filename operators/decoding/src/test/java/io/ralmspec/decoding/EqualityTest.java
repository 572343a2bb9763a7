package io.ralmspec.decoding;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * The product's promise: for every policy, limit, seed, completion order, duplicate and crash, the
 * answer is the sequential one.
 */
class EqualityTest {
    private static final int SESSIONS = 10_000;
    private static final int CRASHED_SESSIONS = 200;

    @Test
    void speculativeAnswersEqualSequentialAnswers() {
        int stale = 0;
        int rolledBack = 0;
        int accepted = 0;
        int savedCalls = 0;
        int cancelled = 0;
        int recovered = 0;
        int unchanged = 0;
        int aheadOfVerification = 0;
        long first = Seeds.first();
        for (long seed = first; seed < first + SESSIONS; seed++) {
            Scenario scenario = new Scenario(seed);
            Answer expected = scenario.sequential();
            Simulation simulation = new Simulation(scenario, seed);
            Answer answer = simulation.run(-1);
            assertEqual(seed, expected, answer, simulation, scenario);

            stale += simulation.stale();
            rolledBack += answer.counters().rolledBackTokens();
            accepted += answer.counters().accepted();
            cancelled += answer.counters().cancelledSteps();
            recovered += answer.counters().recoveredTokens();
            unchanged += answer.counters().unchangedSteps();
            aheadOfVerification += simulation.aheadOfVerification();
            savedCalls += expected.counters().retrievalCalls() - answer.counters().retrievalCalls();
            assertThat(answer.counters().retrievalCalls())
                    .as("knowledge base calls, seed=%d", seed)
                    .isLessThanOrEqualTo(expected.counters().retrievalCalls());
        }
        // The property means nothing unless all of this really happened.
        assertThat(stale).isPositive();
        assertThat(rolledBack).isPositive();
        assertThat(accepted).isPositive();
        assertThat(savedCalls).isPositive();
        assertThat(cancelled).isPositive();
        assertThat(recovered).isPositive();
        assertThat(unchanged).isPositive();
        assertThat(aheadOfVerification).isPositive();
    }

    @Test
    void aCrashBeforeAnyEventChangesNothing() {
        int crashes = 0;
        long first = Seeds.first();
        for (long seed = first; seed < first + CRASHED_SESSIONS; seed++) {
            Scenario scenario = new Scenario(seed);
            Answer expected = scenario.sequential();
            Simulation calm = new Simulation(scenario, seed);
            calm.run(-1);
            for (int crashAt = 0; crashAt < calm.events(); crashAt++) {
                Simulation simulation = new Simulation(scenario, seed, (s, event) -> event);
                Answer answer = simulation.run(crashAt);
                crashes += simulation.crashes();
                assertThat(answer.tokens())
                        .as("tokens, seed=%d, crash before event %d", seed, crashAt)
                        .isEqualTo(expected.tokens());
                assertEqual(seed, expected, answer, simulation, scenario);
            }
        }
        assertThat(crashes).isGreaterThan(CRASHED_SESSIONS);
    }

    static void assertEqual(
            long seed, Answer expected, Answer answer, Simulation simulation, Scenario scenario) {
        assertThat(answer.tokens()).as("tokens, seed=%d", seed).isEqualTo(expected.tokens());
        assertThat(answer.text()).as("text, seed=%d", seed).isEqualTo(expected.text());
        assertThat(answer.finishReason())
                .as("finish reason, seed=%d", seed)
                .isEqualTo(expected.finishReason());
        assertThat(answer.sources()).as("sources, seed=%d", seed).isEqualTo(expected.sources());
        if (scenario.request.stream()) {
            String streamed =
                    simulation.deltas().stream().map(Delta::text).collect(Collectors.joining());
            assertThat(streamed).as("deltas, seed=%d", seed).isEqualTo(expected.text());
            assertThat(simulation.deltas().getLast().last()).isTrue();
        } else {
            assertThat(simulation.deltas()).isEmpty();
        }
    }
}
