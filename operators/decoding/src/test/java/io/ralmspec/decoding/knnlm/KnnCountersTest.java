package io.ralmspec.decoding.knnlm;

import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.Counters;
import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.Happening;
import io.ralmspec.decoding.Happenings;
import io.ralmspec.decoding.Seeds;
import io.ralmspec.decoding.SpeculationPolicy;
import io.ralmspec.decoding.StrideRule;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** What sessions say of themselves, where nothing goes wrong but guesses. */
class KnnCountersTest {
    private static final int SESSIONS = 1_000;

    @Test
    void countersAddUp() {
        Happenings happenings = new Happenings();
        Seeds.forEach(
                SESSIONS,
                seed -> {
                    KnnScenario scenario = KnnScenario.calm(seed);
                    Answer expected = scenario.expected();
                    int before = scenario.model.runs();
                    CalmRun run = new CalmRun(scenario);
                    assertThat(run.answer().says(expected)).isTrue();
                    check(run, scenario.model.runs() - before);

                    Counters counters = run.answer().counters();
                    int calls = expected.counters().retrievalCalls();
                    assertThat(counters.retrievalCalls()).isLessThanOrEqualTo(calls);
                    happenings.count(Happening.SAVED_CALLS, calls - counters.retrievalCalls());
                    happenings.count(Happening.ROLLED_BACK_TOKENS, counters.rolledBackTokens());
                });
        assertThat(happenings.of(Happening.SAVED_CALLS)).isPositive();
        assertThat(happenings.of(Happening.ROLLED_BACK_TOKENS)).isPositive();
    }

    private static void check(CalmRun run, int modelRuns) {
        Counters counters = run.answer().counters();
        int drawn = 0;
        int right = 0;
        int wrong = 0;
        for (CalmRun.Happened h : run.happened) {
            if (h.event() instanceof KnnEvent.Settled settled) {
                int last = settled.tokens().length - 1;
                boolean missed = settled.tokens()[last] != h.before().drafts()[last];
                drawn += settled.tokens().length;
                right += settled.tokens().length - (missed ? 1 : 0);
                wrong += missed ? 1 : 0;
            }
        }
        int endToken = drawn - run.answer().tokens().length;
        assertThat(endToken).as("end tokens").isBetween(0, 1);

        boolean speculative = run.scenario.request.retrieval().speculative();
        int searches = run.events(KnnEvent.Searched.class).size();
        int keys =
                run.events(KnnEvent.Searched.class).stream()
                        .mapToInt(e -> e.neighbours().size())
                        .sum();
        assertThat(counters.retrievalCalls()).isEqualTo(searches);
        assertThat(counters.retrievalQueries()).isEqualTo(keys);
        assertThat(counters.rounds()).isEqualTo(speculative ? searches : 0);
        assertThat(counters.guesses()).isBetween(counters.accepted(), drawn);
        assertThat(counters.accepted()).isLessThanOrEqualTo(right);
        assertThat(counters.guesses() - counters.accepted()).isLessThanOrEqualTo(wrong);

        int guessed =
                run.events(KnnEvent.Speculated.class).stream()
                        .mapToInt(e -> e.tokens().length)
                        .sum();
        assertThat(counters.modelSteps()).isEqualTo(guessed);
        assertThat(counters.modelSteps() - beyondTheEnd(run))
                .as("drafts are right, corrected, or rolled back")
                .isEqualTo(drawn + counters.rolledBackTokens());
        int dropped =
                run.happened.stream()
                        .filter(h -> h.before() == h.after().state())
                        .map(CalmRun.Happened::event)
                        .mapToInt(e -> e instanceof KnnEvent.Speculated s ? s.tokens().length : 0)
                        .sum();
        int running = run.unread();
        assertThat(modelRuns)
                .as("correcting a token runs no model")
                .isEqualTo(guessed + dropped + running);
        withinItsStride(run, counters);
    }

    /** Tokens that came behind one that ends the answer, which the model's worker can't know. */
    private static int beyondTheEnd(CalmRun run) {
        return run.happened.stream()
                .filter(h -> h.event() instanceof KnnEvent.Speculated)
                .filter(h -> h.before() != h.after().state())
                .mapToInt(
                        h ->
                                ((KnnEvent.Speculated) h.event()).tokens().length
                                        + h.before().drafts().length
                                        - h.after().state().drafts().length)
                .sum();
    }

    /** A round of a fixed stride, one after the other, costs no more than the stride. */
    private static void withinItsStride(CalmRun run, Counters counters) {
        SpeculationPolicy policy = run.scenario.request.retrieval().speculation();
        if (policy.rule() == StrideRule.FIXED && !policy.async()) {
            int stride = Math.min(policy.stride(), run.scenario.settings.maxStride());
            assertThat(counters.modelSteps())
                    .isLessThanOrEqualTo(stride * counters.retrievalCalls());
            assertThat(counters.cancelledSteps()).isZero();
        }
    }

    @Test
    void theBaselineAsksOnceForEveryTokenAndGuessesNothing() {
        Seeds.forEach(
                SESSIONS,
                seed -> {
                    KnnScenario baseline =
                            KnnScenario.calm(seed).with(DecodingMode.KNN_LM_BASELINE);
                    Answer expected = baseline.expected();
                    CalmRun run = new CalmRun(baseline);
                    assertThat(run.answer().says(expected)).isTrue();
                    assertThat(run.answer().counters()).isEqualTo(expected.counters());
                    assertThat(run.events(KnnEvent.Searched.class))
                            .allSatisfy(e -> assertThat(e.neighbours()).hasSize(1));
                    assertThat(run.states)
                            .allSatisfy(s -> assertThat(s.cache().isEmpty()).isTrue());
                });
    }

    @Test
    void guessesAreOftenRightAndOftenWrong() {
        int guesses = 0;
        int accepted = 0;
        for (long seed = 1; seed <= 300; seed++) {
            Counters counters = new CalmRun(KnnScenario.calm(seed)).answer().counters();
            guesses += counters.guesses();
            accepted += counters.accepted();
        }
        double share = (double) accepted / guesses;
        System.out.printf("%d guesses, %.2f right%n", guesses, share);
        assertThat(share).isBetween(0.3, 0.8);
    }

    @Test
    void aFirstRightTokenIsCountedAsSuchWhateverCameBefore() {
        // Drafts that the cache did not guess say nothing of it; those behind them do.
        KnnState state = KnnScenario.calm(1).submitted(0);
        KnnSession s = new KnnSession(state);
        s.draft(5, new float[0]);
        s.guessing = true;
        s.draft(6, new float[0]);
        s.draft(7, new float[0]);
        s.judge(2, false, 5);
        assertThat(Arrays.asList(s.guesses, s.accepted)).containsExactly(2, 1);
        assertThat(s.outcomes.survived()).containsExactly(1);
        assertThat(s.outcomes.failed()).containsExactly(1);
    }
}
