package io.ralmspec.job.bench;

import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.RetrieverKind;
import java.util.ArrayList;
import java.util.List;

/**
 * What to compare on what.
 *
 * @param policies the first is {@link BenchPolicy#BASELINE}
 * @param requests to ask, those for warming up first; ids differ, retriever and policy do not
 *     matter
 * @param warmup requests at the front that do not count, at least 0 and fewer than all
 * @param concurrency requests at a time, at least 1
 */
public record BenchPlan(
        List<RetrieverKind> retrievers,
        List<BenchPolicy> policies,
        List<DecodingRequest> requests,
        int warmup,
        int concurrency) {
    public BenchPlan {
        retrievers = List.copyOf(retrievers);
        policies = List.copyOf(policies);
        requests = List.copyOf(requests);
        if (policies.isEmpty() || !policies.getFirst().equals(BenchPolicy.BASELINE)) {
            throw new IllegalArgumentException("the first policy must be the baseline");
        }
        if (warmup < 0 || warmup >= requests.size()) {
            throw new IllegalArgumentException(
                    "--warmup must be in [0, %d) (got %d)".formatted(requests.size(), warmup));
        }
        if (concurrency < 1) {
            throw new IllegalArgumentException(
                    "--concurrency must be >= 1 (got %d)".formatted(concurrency));
        }
    }

    /**
     * Requests that run at the same time.
     *
     * @param counted whether they are more than warming up
     */
    record Requests(List<DecodingRequest> members, boolean counted) {}

    /** All requests, in order, at most {@code concurrency} together. */
    List<Requests> groups() {
        List<Requests> groups = new ArrayList<>();
        int from = 0;
        while (from < requests.size()) {
            boolean counted = from >= warmup;
            int end = counted ? requests.size() : warmup;
            int to = Math.min(end, from + concurrency);
            groups.add(new Requests(requests.subList(from, to), counted));
            from = to;
        }
        return groups;
    }
}
