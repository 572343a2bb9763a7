package io.ralmspec.decoding;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/**
 * The product's promise: for every policy, limit, seed, completion order, duplicate, crash and
 * failure, the answer is the sequential one, or what was verified of it when it was cancelled.
 */
class EqualityTest {
    private static final int SESSIONS = 100_000;
    private static final int CRASHED_SESSIONS = 300;
    private static final Simulation.Mutation<SessionState> NO_MUTATION =
            new Simulation.Mutation<>() {};

    @Test
    void speculativeAnswersEqualSequentialAnswers() {
        Happenings happenings = new Happenings();
        Seeds.forEach(SESSIONS, seed -> check(seed, NO_MUTATION, happenings));
        System.out.println("simulated " + happenings);
        happenings.assertEachHappenedBut(Happening.OF_KNN_LM);
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
                    Simulation<?> calm = new Simulation<>(scenario, new Happenings());
                    calm.run(Simulation.NO_CRASH);
                    for (int crashAt = 0; crashAt < calm.events(); crashAt++) {
                        Simulation<?> simulation = new Simulation<>(scenario, happenings);
                        simulation.run(crashAt);
                        simulation.assertSays(expected);
                    }
                });
        System.out.println("simulated " + happenings);
        assertThat(happenings.of(Happening.CRASHES))
                .isEqualTo(happenings.of(Happening.SESSIONS))
                .isGreaterThan(CRASHED_SESSIONS);
        assertThat(happenings.of(Happening.REWINDS)).isPositive();
    }

    /** One session with all that its seed brings. */
    static void check(
            long seed, Simulation.Mutation<SessionState> mutation, Happenings happenings) {
        Scenario scenario = new Scenario(seed);
        Answer expected = scenario.expected();
        Simulation<?> simulation = new Simulation<>(scenario, mutation, happenings);
        Answer answer = simulation.runDisturbed();
        simulation.assertSays(expected);

        Counters counters = answer.counters();
        int calls = expected.counters().retrievalCalls();
        happenings.count(Happening.ACCEPTED_GUESSES, counters.accepted());
        happenings.count(Happening.ROLLED_BACK_TOKENS, counters.rolledBackTokens());
        happenings.count(Happening.RECOVERED_TOKENS, counters.recoveredTokens());
        happenings.count(Happening.UNCHANGED_STEPS, counters.unchangedSteps());
        happenings.count(Happening.CANCELLED_STEPS, counters.cancelledSteps());
        if (!simulation.endedEarly()) {
            happenings.count(Happening.SAVED_CALLS, calls - counters.retrievalCalls());
        }
        assertThat(counters.retrievalCalls()).as("knowledge base calls").isLessThanOrEqualTo(calls);
    }
}
