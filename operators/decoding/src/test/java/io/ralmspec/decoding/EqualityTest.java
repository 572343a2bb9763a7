package io.ralmspec.decoding;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * The product's promise: for every policy, limit, seed, completion order, duplicate, crash and
 * failure, the answer is the sequential one, or what was verified of it when it was cancelled.
 */
class EqualityTest {
    private static final int SESSIONS = 100_000;
    private static final int CRASHED_SESSIONS = 300;

    @Test
    void speculativeAnswersEqualSequentialAnswers() {
        Happenings happenings = new Happenings();
        Seeds.forEach(SESSIONS, seed -> check(seed, Simulation.NONE, happenings));
        System.out.println("simulated " + happenings);
        happenings.assertEachHappened();
        assertThat(happenings.of(Happening.SESSIONS)).isEqualTo(SESSIONS);
    }

    @Test
    void aCrashBeforeAnyEventChangesNothing() {
        Happenings happenings = new Happenings();
        Seeds.forEach(
                CRASHED_SESSIONS,
                seed -> {
                    Scenario scenario = new Scenario(seed);
                    Answer expected = scenario.expected();
                    Simulation calm = new Simulation(scenario, Simulation.NONE, new Happenings());
                    calm.run(Simulation.NO_CRASH);
                    for (int crashAt = 0; crashAt < calm.events(); crashAt++) {
                        Simulation simulation =
                                new Simulation(scenario, Simulation.NONE, happenings);
                        Answer answer = simulation.run(crashAt);
                        assertEqual(expected, answer, simulation, scenario);
                    }
                });
        System.out.println("simulated " + happenings);
        assertThat(happenings.of(Happening.CRASHES))
                .isEqualTo(happenings.of(Happening.SESSIONS))
                .isGreaterThan(CRASHED_SESSIONS);
        assertThat(happenings.of(Happening.REWINDS)).isPositive();
    }

    /** One session with all that its seed brings. */
    static void check(long seed, Simulation.Mutation mutation, Happenings happenings) {
        Scenario scenario = new Scenario(seed);
        Answer expected = scenario.expected();
        Simulation simulation = new Simulation(scenario, mutation, happenings);
        Answer answer = simulation.runDisturbed();
        assertEqual(expected, answer, simulation, scenario);

        Counters counters = answer.counters();
        int calls = expected.counters().retrievalCalls();
        happenings.count(Happening.ACCEPTED_GUESSES, counters.accepted());
        happenings.count(Happening.ROLLED_BACK_TOKENS, counters.rolledBackTokens());
        happenings.count(Happening.RECOVERED_TOKENS, counters.recoveredTokens());
        happenings.count(Happening.UNCHANGED_STEPS, counters.unchangedSteps());
        happenings.count(Happening.CANCELLED_STEPS, counters.cancelledSteps());
        if (!endedEarly(answer)) {
            happenings.count(Happening.SAVED_CALLS, calls - counters.retrievalCalls());
        }
        assertThat(counters.retrievalCalls()).as("knowledge base calls").isLessThanOrEqualTo(calls);
    }

    private static void assertEqual(
            Answer expected, Answer answer, Simulation simulation, Scenario scenario) {
        if (endedEarly(answer)) {
            assertThat(answer.tokens())
                    .isEqualTo(Arrays.copyOf(expected.tokens(), answer.tokens().length));
            assertThat(answer.sources())
                    .isEqualTo(expected.sources().subList(0, answer.sources().size()));
        } else {
            assertThat(answer.tokens()).isEqualTo(expected.tokens());
            assertThat(answer.text()).isEqualTo(expected.text());
            assertThat(answer.finishReason()).isEqualTo(expected.finishReason());
            assertThat(answer.sources()).isEqualTo(expected.sources());
            assertThat(answer.error()).isEqualTo(expected.error());
        }
        if (scenario.request.stream()) {
            String streamed =
                    simulation.deltas().stream().map(Delta::text).collect(Collectors.joining());
            assertThat(streamed).as("deltas").isEqualTo(answer.text());
            assertThat(simulation.deltas().getLast().last()).isTrue();
        } else {
            assertThat(simulation.deltas()).isEmpty();
        }
    }

    private static boolean endedEarly(Answer answer) {
        return answer.finishReason() == FinishReason.CANCELLED
                || answer.finishReason() == FinishReason.DEADLINE;
    }
}
