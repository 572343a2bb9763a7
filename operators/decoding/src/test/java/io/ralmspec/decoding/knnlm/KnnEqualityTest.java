package io.ralmspec.decoding.knnlm;

import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.Counters;
import io.ralmspec.decoding.Happening;
import io.ralmspec.decoding.Happenings;
import io.ralmspec.decoding.Seeds;
import io.ralmspec.decoding.Simulation;
import org.junit.jupiter.api.Test;

/**
 * The product's promise for KNN-LM: for every policy, limit, seed, completion order, duplicate,
 * crash, stopped speculation and failure, the answer is the sequential one, or what was verified of
 * it when it was cancelled.
 */
class KnnEqualityTest {
    private static final int SESSIONS = 20_000;
    private static final int CRASHED_SESSIONS = 100;
    private static final Simulation.Mutation<KnnState> NO_MUTATION = new Simulation.Mutation<>() {};

    @Test
    void speculativeAnswersEqualSequentialAnswers() {
        Happenings happenings = new Happenings();
        Seeds.forEach(
                SESSIONS,
                seed -> check(new KnnScenario(seed, happenings), NO_MUTATION, happenings));
        System.out.println("simulated " + happenings);
        happenings.assertEachHappenedBut(Happening.OF_DOCUMENTS);
        assertThat(happenings.of(Happening.SESSIONS)).isEqualTo(SESSIONS);
    }

    @Test
    void aCrashBeforeAnyEventChangesNothing() {
        Happenings happenings = new Happenings();
        Seeds.forEach(
                CRASHED_SESSIONS,
                seed -> {
                    KnnScenario scenario = new KnnScenario(seed, new Happenings());
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
            KnnScenario scenario, Simulation.Mutation<KnnState> mutation, Happenings happenings) {
        Answer expected = scenario.expected();
        Simulation<?> simulation = new Simulation<>(scenario, mutation, happenings);
        Answer answer = simulation.runDisturbed();
        simulation.assertSays(expected);

        Counters counters = answer.counters();
        happenings.count(Happening.ACCEPTED_GUESSES, counters.accepted());
        happenings.count(Happening.ROLLED_BACK_TOKENS, counters.rolledBackTokens());
        happenings.count(Happening.CANCELLED_STEPS, counters.cancelledSteps());
        if (!simulation.endedEarly()) {
            int calls = expected.counters().retrievalCalls();
            happenings.count(Happening.SAVED_CALLS, calls - counters.retrievalCalls());
        }
    }
}
