package io.ralmspec.job.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.RequestDefaults;
import io.ralmspec.job.bench.BenchPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LoadRunTest {
    private final List<String> progress = new ArrayList<>();

    @Test
    void everyPolicyGetsTheSameQuestionsSeedsAndArrivals() {
        ScriptedTarget target = new ScriptedTarget(5);
        LoadReport report = run(target, plan(rate(20), 1000));

        assertThat(report.good()).isTrue();
        List<DecodingRequest> baseline = of(target, "p0");
        List<DecodingRequest> spec = of(target, "p1");
        assertThat(baseline).hasSize(100);
        assertThat(of(target, "w0")).hasSize(6);
        assertThat(spec)
                .extracting(DecodingRequest::prompt)
                .containsExactlyElementsOf(baseline.stream().map(DecodingRequest::prompt).toList());
        assertThat(spec)
                .extracting(DecodingRequest::sampling)
                .containsExactlyElementsOf(
                        baseline.stream().map(DecodingRequest::sampling).toList());
        assertThat(baseline.get(7).sampling().seed()).isEqualTo(9 + 7);
        assertThat(baseline).allMatch(r -> r.retrieval().mode() == DecodingMode.BASELINE);
        assertThat(spec).allMatch(r -> r.retrieval().mode() == DecodingMode.SPECULATIVE);
        LoadResult second = report.results().get(1);
        // The same arrivals at the same server, to a nanosecond.
        assertThat(second.latency()).isEqualTo(report.results().getFirst().latency());
        assertThat(second.latencyP99Ratio()).isEqualTo(1);
        assertThat(second.equal()).isEqualTo(100);
        assertThat(second.retrievalCalls()).isEqualTo(200);
        assertThat(second.acceptance()).isEqualTo(0.75);
        assertThat(report.table()).contains("100/100");
        assertThat(report.notes()).doesNotContain("ABOVE CAPACITY");
    }

    @Test
    void aDifferentAnswerFailsTheRun() {
        ScriptedTarget target = new ScriptedTarget(5);
        target.tokens = r -> new int[] {r.id().endsWith("p1-42") ? 1 : 0};
        LoadReport report = run(target, plan(rate(20), 1000));
        assertThat(report.good()).isFalse();
        assertThat(report.different()).isOne();
        assertThat(report.results().get(1).equal()).isEqualTo(99);
    }

    @Test
    void aPolicyWithoutAnyAnswerFailsTheRun() {
        ScriptedTarget target = new ScriptedTarget(5);
        target.fails = r -> r.id().contains("p1-");
        LoadReport report = run(target, plan(rate(20), 1000));
        assertThat(report.good()).isFalse();
        assertThat(report.different()).isZero();
        assertThat(report.notes()).contains("100 failed {overloaded=100}");
    }

    @Test
    void aShareOfTheCapacityIsOfferedThatWasMeasured() {
        ScriptedTarget target = new ScriptedTarget(10);
        LoadReport report =
                run(
                        target,
                        plan(
                                new LoadPlan.Arrivals(
                                        0, 0.7, 100, Duration.ofSeconds(60), Duration.ofSeconds(3)),
                                1000));
        LoadResult first = report.results().getFirst();
        assertThat(first.capacity()).isCloseTo(100, within(1.0));
        assertThat(first.offeredRate()).isCloseTo(70, within(0.7));
        assertThat(report.notes()).contains("offered: 70 % of it");
        assertThat(progress).contains("capacity: baseline, 4 at a time, for 3 s");
    }

    @Test
    void tooHighARateIsSaidPlainly() {
        LoadReport refused = run(new ScriptedTarget(100), plan(rate(20), 5));
        assertThat(refused.results().getFirst().refused()).isPositive();
        assertThat(refused.notes()).contains("baseline: THE OFFERED RATE WAS ABOVE CAPACITY");
        LoadReport growing = run(new ScriptedTarget(100), plan(rate(20), 1000));
        assertThat(growing.results().getFirst().refused()).isZero();
        assertThat(growing.notes()).contains("spec: THE OFFERED RATE WAS ABOVE CAPACITY");
    }

    @Test
    void aJobThatDoesNotAnswerIsNamedWhileWarmingUp() {
        ScriptedTarget silent = new ScriptedTarget(5);
        silent.silent = r -> true;
        assertThatThrownBy(() -> run(silent, plan(rate(20), 1000)))
                .hasMessageContaining("within --timeout = 30 s");
        ScriptedTarget failing = new ScriptedTarget(5);
        failing.fails = r -> true;
        assertThatThrownBy(() -> run(failing, plan(rate(20), 1000)))
                .hasMessageContaining("overloaded: too much");
    }

    private static LoadPlan.Arrivals rate(double rate) {
        return new LoadPlan.Arrivals(rate, 0, 100, Duration.ofSeconds(60), Duration.ofSeconds(1));
    }

    private static LoadPlan plan(LoadPlan.Arrivals arrivals, int maxOutstanding) {
        return new LoadPlan(
                BenchPolicy.parseNamed("baseline,spec"),
                new LoadRequests(
                        List.of("one", "three", "seven"),
                        8,
                        RequestDefaults.STANDARD.retrieval(),
                        0.5,
                        9,
                        false),
                arrivals,
                6,
                4,
                maxOutstanding,
                Duration.ofSeconds(30));
    }

    private LoadReport run(ScriptedTarget target, LoadPlan plan) {
        return LoadRun.of(plan, target, "run-", progress::add).run();
    }

    private static List<DecodingRequest> of(ScriptedTarget target, String phase) {
        return target.sent.stream().filter(r -> r.id().startsWith("run-" + phase + "-")).toList();
    }
}
