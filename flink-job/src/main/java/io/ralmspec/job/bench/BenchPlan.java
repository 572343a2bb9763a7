package io.ralmspec.job.bench;

import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.KnnParameters;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.job.client.GoldPhrases;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What to compare on what.
 *
 * @param knn each way to use a datastore's neighbours; empty to decode with documents
 * @param policies the first is {@link BenchPolicy#BASELINE}
 * @param requests to ask, those for warming up first; ids differ, retriever and policy do not
 *     matter
 * @param warmup requests at the front that do not count, at least 0 and fewer than all
 * @param concurrency requests at a time, at least 1
 * @param gold by request id, what right answers say, where that is known
 */
public record BenchPlan(
        List<RetrieverKind> retrievers,
        List<KnnParameters> knn,
        List<BenchPolicy> policies,
        List<DecodingRequest> requests,
        int warmup,
        int concurrency,
        Map<String, GoldPhrases> gold) {
    public BenchPlan {
        retrievers = List.copyOf(retrievers);
        knn = List.copyOf(knn);
        policies = List.copyOf(policies);
        requests = List.copyOf(requests);
        gold = Map.copyOf(gold);
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

    /** To decode with documents, right answers unknown. */
    public BenchPlan(
            List<RetrieverKind> retrievers,
            List<BenchPolicy> policies,
            List<DecodingRequest> requests,
            int warmup,
            int concurrency) {
        this(retrievers, List.of(), policies, requests, warmup, concurrency, Map.of());
    }

    /** The baseline of each retriever and way to use its neighbours. */
    List<Cell> baselines() {
        List<Cell> baselines = new ArrayList<>();
        for (RetrieverKind retriever : retrievers) {
            if (knn.isEmpty()) {
                baselines.add(new Cell(retriever, BenchPolicy.BASELINE));
            }
            for (KnnParameters parameters : knn) {
                baselines.add(new Cell(retriever, parameters, BenchPolicy.BASELINE));
            }
        }
        return baselines;
    }

    /** Groups of several at a time are longer, so that few run beside fewer others at the end. */
    private static final int ROUNDS = 4;

    /**
     * Requests of one turn.
     *
     * @param counted whether they are more than warming up
     */
    record Requests(List<DecodingRequest> members, boolean counted) {}

    /** What each of them should answer, in order. */
    List<GoldPhrases> gold(Requests asked) {
        return asked.members().stream()
                .map(request -> gold.getOrDefault(request.id(), GoldPhrases.UNKNOWN))
                .toList();
    }

    /** All requests, in order. */
    List<Requests> groups() {
        List<Requests> groups = new ArrayList<>();
        int size = concurrency == 1 ? 1 : ROUNDS * concurrency;
        int from = 0;
        while (from < requests.size()) {
            boolean counted = from >= warmup;
            int end = counted ? requests.size() : warmup;
            int to = Math.min(end, from + size);
            groups.add(new Requests(requests.subList(from, to), counted));
            from = to;
        }
        return groups;
    }
}
