package io.ralmspec.job.load;

import io.ralmspec.job.bench.BenchPolicy;
import java.time.Duration;
import java.util.List;

/**
 * What load to make.
 *
 * @param policies one after the other, at least one; ratios and equality are against the first
 * @param arrivals how many and how fast
 * @param warmup requests before each policy that do not count, at least 0
 * @param window requests at a time while warming up and measuring capacity, at least 1
 * @param maxOutstanding requests without answer at most, at least 1
 * @param timeout from the intended arrival to giving up
 */
public record LoadPlan(
        List<BenchPolicy> policies,
        LoadRequests requests,
        Arrivals arrivals,
        int warmup,
        int window,
        int maxOutstanding,
        Duration timeout) {
    public LoadPlan {
        policies = List.copyOf(policies);
        if (policies.isEmpty()) {
            throw new IllegalArgumentException("--policies must name at least one (got none)");
        }
        atLeast("--warmup", 0, warmup);
        atLeast("--concurrency", 1, window);
        atLeast("--max-outstanding", 1, maxOutstanding);
        atLeast("--timeout", 1, timeout.toSeconds());
    }

    /**
     * How many requests, and how fast.
     *
     * @param rate requests per second; 0 to take a share of the capacity
     * @param capacityShare of what the job can do at most with the first policy, in (0, 2]; 0 to
     *     take the rate
     * @param count requests; 0 for as many as come in the length
     * @param length how long requests arrive
     * @param calibration how long capacity is measured
     */
    public record Arrivals(
            double rate, double capacityShare, int count, Duration length, Duration calibration) {
        public Arrivals {
            if (!(rate >= 0 && rate <= 1e6)) {
                throw new IllegalArgumentException(
                        "--rate must be in (0, 1000000] (got %s)".formatted(rate));
            }
            if (!(capacityShare >= 0 && capacityShare <= 2)) {
                throw new IllegalArgumentException(
                        "--capacity-share must be in (0, 2] (got %s)".formatted(capacityShare));
            }
            if ((rate == 0) == (capacityShare == 0)) {
                throw new IllegalArgumentException(
                        "either --rate or --capacity-share must be > 0 (got %s)"
                                .formatted(rate == 0 ? "neither" : "both"));
            }
            if (count < 0 || count > ArrivalSchedule.MAX_ARRIVALS) {
                throw new IllegalArgumentException(
                        "--requests must be in [1, %d] (got %d)"
                                .formatted(ArrivalSchedule.MAX_ARRIVALS, count));
            }
            atLeast("--duration", 1, length.toSeconds());
            atLeast("--calibration", 1, calibration.toSeconds());
        }

        ArrivalSchedule schedule(long seed, double atRate) {
            ArrivalSchedule schedule =
                    count > 0
                            ? ArrivalSchedule.poisson(seed, atRate, count)
                            : ArrivalSchedule.poisson(seed, atRate, length);
            if (schedule.size() == 0) {
                throw new IllegalArgumentException(
                        "--duration must be long enough for a request to arrive at %.3f/s (got %d s)"
                                .formatted(atRate, length.toSeconds()));
            }
            return schedule;
        }
    }

    private static void atLeast(String name, long bound, long got) {
        if (got < bound) {
            throw new IllegalArgumentException(
                    "%s must be >= %d (got %d)".formatted(name, bound, got));
        }
    }
}
