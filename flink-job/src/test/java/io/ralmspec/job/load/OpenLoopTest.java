package io.ralmspec.job.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.RequestDefaults;
import io.ralmspec.job.bench.BenchPolicy;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;

class OpenLoopTest {
    private static final long SEED = Long.getLong("ralmspec.seed", 42L);
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    @Test
    void aStallOfTheServerShowsInTheTail() {
        ScriptedTarget target = new ScriptedTarget(2);
        target.stallFrom = 10_000 * ScriptedTarget.MILLIS;
        target.stallTo = 12_000 * ScriptedTarget.MILLIS;

        LoadRecorder run = run(target, 50, 20);

        // A tenth of the arrivals fell into the stall, and waited for a second on average.
        assertThat(run.latencies().count()).isEqualTo(run.answers().length);
        assertThat(run.latencies().seconds(50)).isLessThan(0.01);
        assertThat(run.latencies().seconds(95)).isBetween(0.7, 1.6);
        assertThat(run.latencies().seconds(99)).isBetween(1.5, 2.1);
        assertThat(run.latencies().maxSeconds()).isCloseTo(2, within(0.2));
    }

    @Test
    void aStallOfTheGeneratorCountsFromTheIntendedArrivals() {
        ScriptedTarget target = new ScriptedTarget(2);
        target.blockFrom = 10_000 * ScriptedTarget.MILLIS;
        target.blockNanos = 2_000 * ScriptedTarget.MILLIS;

        LoadRecorder run = run(target, 50, 20);

        // From the sending, only the one request that blocked would have taken long.
        assertThat(target.blockFrom).isEqualTo(Long.MAX_VALUE);
        assertThat(run.sendDelays().seconds(99)).isBetween(1.5, 2.1);
        assertThat(run.latencies().seconds(95)).isBetween(0.7, 1.6);
        assertThat(run.latencies().seconds(99)).isBetween(1.5, 2.1);
    }

    @Test
    void requestsBeyondTheBoundAreRefusedAndNeverSent() {
        ScriptedTarget target = new ScriptedTarget(1000);
        int bound = 3;

        LoadRecorder run =
                new OpenLoop(target, bound, TIMEOUT).run(schedule(10, 20), requests(false), false);

        assertThat(run.backlog().max()).isEqualTo(bound);
        assertThat(run.refusedCount()).isPositive();
        assertThat(target.sent).hasSize(run.answers().length - run.refusedCount());
        // One answer a second, for 20 seconds and the three left.
        assertThat(target.sent.size()).isBetween(19, 24);
        assertThat(Arrays.stream(run.answers()).filter(Objects::nonNull))
                .hasSameSizeAs(target.sent);
        assertThat(run.latencies().maxSeconds()).isLessThan(3.01);
    }

    @Test
    void whatIsGivenUpIsCancelledAndCountsAsTheTimeout() {
        ScriptedTarget target = new ScriptedTarget(2);
        target.silent = request -> request.id().endsWith("7");

        LoadRecorder run =
                new OpenLoop(target, 1000, Duration.ofSeconds(5))
                        .run(schedule(10, 20), requests(true), true);

        assertThat(run.timedOutCount()).isBetween(15, 25);
        assertThat(target.cancelled).hasSize(run.timedOutCount()).allMatch(id -> id.endsWith("7"));
        assertThat(run.latencies().seconds(99)).isCloseTo(5, within(0.01));
        assertThat(run.firstTokens().seconds(99)).isCloseTo(5, within(0.01));
        assertThat(run.outstanding()).isZero();
    }

    @Test
    void failuresAreCountedByCodeAndNotAsLatency() {
        ScriptedTarget target = new ScriptedTarget(2);
        target.fails = request -> request.id().endsWith("3");
        target.unsent = request -> request.id().endsWith("4");

        LoadRecorder run = run(target, 10, 20);

        int failed = run.errors().getOrDefault("overloaded", 0);
        int unsent = run.errors().getOrDefault(LoadRecorder.UNSENT, 0);
        assertThat(failed).isBetween(15, 25);
        assertThat(unsent).isBetween(15, 25);
        assertThat(run.latencies().count()).isEqualTo(run.answers().length - failed - unsent);
    }

    @Test
    void theFirstTokenIsTheFirstTextOrWhatTheAnswerSays() {
        // Both see the server's half time; streaming sees it by itself.
        assertThat(firstToken(true)).isCloseTo(0.02, within(0.001));
        assertThat(firstToken(false)).isCloseTo(0.02, within(0.001));
    }

    private double firstToken(boolean streamed) {
        ScriptedTarget target = new ScriptedTarget(40);
        LoadRecorder run =
                new OpenLoop(target, 1000, TIMEOUT)
                        .run(schedule(0.5, 200), requests(streamed), streamed);
        assertThat(run.firstTokens().count()).isEqualTo(run.answers().length);
        return run.firstTokens().seconds(50);
    }

    @Test
    void requestsPileUpAboveCapacityAndNotBelow() {
        assertThat(run(new ScriptedTarget(20), 75, 20).backlog().grew()).isTrue();
        LoadRecorder half = run(new ScriptedTarget(20), 25, 20);
        assertThat(half.backlog().grew()).isFalse();
        // M/D/1 at half load: 0.5 in service and 0.25 waiting.
        assertThat(half.backlog().mean()).isCloseTo(0.75, within(0.25));
    }

    private static LoadRecorder run(ScriptedTarget target, double rate, int seconds) {
        return new OpenLoop(target, 10_000, TIMEOUT)
                .run(schedule(rate, seconds), requests(false), false);
    }

    private static ArrivalSchedule schedule(double rate, int seconds) {
        System.out.println("seed=" + SEED);
        return ArrivalSchedule.poisson(SEED, rate, Duration.ofSeconds(seconds));
    }

    private static IntFunction<DecodingRequest> requests(boolean stream) {
        LoadRequests requests =
                new LoadRequests(
                        List.of("a question"),
                        8,
                        RequestDefaults.STANDARD.retrieval(),
                        0,
                        SEED,
                        stream);
        return i -> requests.request("r" + i, BenchPolicy.BASELINE, i);
    }
}
