package io.ralmspec.job.load;

import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.job.bench.BenchPolicy;
import io.ralmspec.job.client.RalmClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Puts each policy under the same load: the same arrivals, questions and seeds, after warming up.
 * If the rate is a share of the capacity, that is measured first, with the first policy.
 */
public final class LoadRun {
    private static final Duration UNLIMITED = Duration.ofDays(1);

    private final LoadPlan plan;
    private final LoadTarget target;
    private final String prefix;
    private final Consumer<String> progress;

    private LoadRun(LoadPlan plan, LoadTarget target, String prefix, Consumer<String> progress) {
        this.plan = plan;
        this.target = target;
        this.prefix = prefix;
        this.progress = progress;
    }

    /**
     * A run against a job.
     *
     * @param client stays the caller's
     * @param progress is told what happens next
     */
    public static LoadRun of(LoadPlan plan, RalmClient client, Consumer<String> progress) {
        // Ids stay apart from those of earlier runs on the same topics.
        String prefix = "load-" + UUID.randomUUID().toString().substring(0, 8) + "-";
        return of(plan, new KafkaLoadTarget(client, prefix), prefix, progress);
    }

    static LoadRun of(LoadPlan plan, LoadTarget target, String prefix, Consumer<String> progress) {
        return new LoadRun(plan, target, prefix, progress);
    }

    /**
     * Runs all policies.
     *
     * @throws IllegalStateException if the job does not answer while warming up
     */
    public LoadReport run() {
        LoadPlan.Arrivals arrivals = plan.arrivals();
        @Nullable Double capacity = arrivals.capacityShare() > 0 ? capacity() : null;
        double rate = capacity == null ? arrivals.rate() : capacity * arrivals.capacityShare();
        ArrivalSchedule schedule = arrivals.schedule(plan.requests().seed(), rate);
        List<LoadResult> results = new ArrayList<>();
        @Nullable LoadSummary summary = null;
        for (int i = 0; i < plan.policies().size(); i++) {
            BenchPolicy policy = plan.policies().get(i);
            warmUp(policy, "w" + i);
            progress.accept(
                    "%s: %d requests at %.3f/s".formatted(policy.name(), schedule.size(), rate));
            LoadRecorder run =
                    new OpenLoop(target, plan.maxOutstanding(), plan.timeout())
                            .run(schedule, requests(policy, "p" + i), plan.requests().stream());
            if (summary == null) {
                summary = new LoadSummary(plan.requests(), rate, capacity, run);
            }
            results.add(summary.of(policy, run));
        }
        return new LoadReport(results);
    }

    private double capacity() {
        BenchPolicy policy = plan.policies().getFirst();
        warmUp(policy, "wc");
        progress.accept(
                "capacity: %s, %d at a time, for %d s"
                        .formatted(
                                policy.name(),
                                plan.window(),
                                plan.arrivals().calibration().toSeconds()));
        double capacity =
                closedLoop()
                        .run(
                                requests(policy, "c"),
                                Integer.MAX_VALUE,
                                plan.arrivals().calibration());
        if (!(capacity > 0)) {
            throw new IllegalStateException(
                    "too few answers to measure capacity: --calibration must be > %d s, or give"
                                    .formatted(plan.arrivals().calibration().toSeconds())
                            + " --rate instead of --capacity-share");
        }
        return capacity;
    }

    private void warmUp(BenchPolicy policy, String phase) {
        if (plan.warmup() > 0) {
            progress.accept("%s: warming up".formatted(policy.name()));
            closedLoop().run(requests(policy, phase), plan.warmup(), UNLIMITED);
        }
    }

    private ClosedLoop closedLoop() {
        return new ClosedLoop(target, plan.window(), plan.timeout());
    }

    private IntFunction<DecodingRequest> requests(BenchPolicy policy, String phase) {
        return i -> plan.requests().request(prefix + phase + "-" + i, policy, i);
    }
}
