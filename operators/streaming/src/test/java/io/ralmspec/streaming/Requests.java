package io.ralmspec.streaming;

import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.ErrorCode;
import io.ralmspec.decoding.KnnParameters;
import io.ralmspec.decoding.Origin;
import io.ralmspec.decoding.RequestError;
import io.ralmspec.decoding.RetrievalParameters;
import io.ralmspec.decoding.RetrievalScheme;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.Sampling;
import io.ralmspec.decoding.SpeculationPolicy;
import io.ralmspec.decoding.StrideRule;
import io.ralmspec.decoding.Submission;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Requests for tests, random by seed. */
final class Requests {
    private Requests() {}

    /** All retrievers, modes, schemes and policies. */
    static List<DecodingRequest> random(long seed, int count) {
        Random random = new Random(seed);
        List<DecodingRequest> requests = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            RetrievalParameters withDocuments =
                    new RetrievalParameters(
                            RetrieverKind.values()[random.nextInt(3)],
                            random.nextInt(8) == 0
                                    ? DecodingMode.BASELINE
                                    : DecodingMode.SPECULATIVE,
                            RetrievalScheme.values()[random.nextInt(3)],
                            RetrievalParameters.DEFAULT_CONFIDENCE,
                            1 + random.nextInt(5),
                            3 + random.nextInt(20),
                            new SpeculationPolicy(
                                    StrideRule.values()[random.nextInt(3)],
                                    1 + random.nextInt(5),
                                    1 + random.nextInt(8),
                                    random.nextBoolean(),
                                    random.nextBoolean(),
                                    false));
            RetrievalParameters retrieval =
                    i % 3 == 2 ? withNeighbours(withDocuments, random) : withDocuments;
            requests.add(
                    new DecodingRequest(
                            "request-" + i,
                            "tell me about " + random.nextInt(1000) + " and " + random.nextInt(100),
                            1 + random.nextInt(60),
                            random.nextInt(4) == 0 ? List.of("b1 c1") : List.of(),
                            random.nextBoolean()
                                    ? Sampling.GREEDY
                                    : new Sampling(0.8, 0.9, random.nextLong()),
                            retrieval,
                            random.nextBoolean(),
                            0));
        }
        return requests;
    }

    /** The same speculation with KNN-LM. */
    private static RetrievalParameters withNeighbours(RetrievalParameters like, Random random) {
        return RetrievalParameters.of(
                        random.nextBoolean() ? RetrieverKind.EXACT : RetrieverKind.HNSW,
                        like.speculative() ? DecodingMode.KNN_LM : DecodingMode.KNN_LM_BASELINE,
                        like.speculation())
                .with(
                        new KnnParameters(
                                0.5,
                                1 + random.nextInt(5),
                                1 + random.nextInt(12),
                                random.nextInt(6),
                                1 + random.nextInt(4),
                                1 + random.nextInt(60)));
    }

    /** A greedy request with KNN-LM that needs several rounds. */
    static DecodingRequest withNeighbours(String id) {
        return withNeighbours(id, RetrieverKind.EXACT);
    }

    static DecodingRequest withNeighbours(String id, RetrieverKind retriever) {
        DecodingRequest simple = simple(id);
        return new DecodingRequest(
                id,
                simple.prompt(),
                simple.maxTokens(),
                simple.stop(),
                simple.sampling(),
                RetrievalParameters.of(
                                retriever,
                                DecodingMode.KNN_LM,
                                new SpeculationPolicy(StrideRule.FIXED, 3, 1, true, false, false))
                        .with(new KnnParameters(0.5, 1, 8, 4, 2, 40)),
                simple.stream(),
                simple.deadlineMillis());
    }

    /** A greedy speculative request over the exact retriever that needs several rounds. */
    static DecodingRequest simple(String id) {
        return simple(id, 0);
    }

    static DecodingRequest simple(String id, long deadlineMillis) {
        return simple(id, deadlineMillis, true);
    }

    /** A {@link #simple} request that gets no deltas. */
    static DecodingRequest unstreamed(String id) {
        return simple(id, 0, false);
    }

    private static DecodingRequest simple(String id, long deadlineMillis, boolean stream) {
        return new DecodingRequest(
                id,
                "tell me about " + id,
                40,
                List.of(),
                Sampling.GREEDY,
                RetrievalParameters.of(
                        RetrieverKind.EXACT, DecodingMode.SPECULATIVE, SpeculationPolicy.PLAIN),
                stream,
                deadlineMillis);
    }

    /**
     * A {@link #simple} request with this scheme and policy. Its queries are short, so that guesses
     * are often wrong, and its strides too, so that now and then none of their tokens depends on
     * the document.
     */
    static DecodingRequest with(String id, RetrievalScheme scheme, SpeculationPolicy policy) {
        DecodingRequest simple = simple(id);
        RetrievalParameters retrieval = simple.retrieval();
        return new DecodingRequest(
                id,
                simple.prompt(),
                simple.maxTokens(),
                simple.stop(),
                simple.sampling(),
                new RetrievalParameters(
                        retrieval.retriever(),
                        retrieval.mode(),
                        scheme,
                        retrieval.confidence(),
                        2,
                        5,
                        policy),
                simple.stream(),
                simple.deadlineMillis());
    }

    /** Every scheme with every rule, asynchronous or not, with draft recovery or not. */
    static List<DecodingRequest> allPolicies() {
        List<DecodingRequest> requests = new ArrayList<>();
        for (RetrievalScheme scheme : RetrievalScheme.values()) {
            for (StrideRule rule : StrideRule.values()) {
                for (boolean async : new boolean[] {false, true}) {
                    for (boolean recovery : new boolean[] {false, true}) {
                        SpeculationPolicy policy =
                                new SpeculationPolicy(rule, 3, 2, async, recovery, false);
                        requests.add(with(scheme + " " + policy, scheme, policy));
                    }
                }
            }
        }
        return requests;
    }

    static Submission submit(DecodingRequest request) {
        return Submission.of(origin(request.id(), "body of " + request.id()), request);
    }

    static Submission cancel(String id) {
        Origin origin = origin(id, "");
        return Submission.cancellation(origin.withoutValue(), id);
    }

    static Submission refused(String id) {
        return Submission.refused(
                origin(id, "body of " + id),
                id,
                new RequestError(ErrorCode.INVALID_FIELD, "max_tokens", "must be >= 1 (got 0)"));
    }

    static Origin origin(String id, String value) {
        return new Origin(
                "requests",
                Math.floorMod(id.hashCode(), 3),
                id.hashCode(),
                1_000,
                id.getBytes(StandardCharsets.UTF_8),
                value.getBytes(StandardCharsets.UTF_8),
                List.of("traceparent"),
                List.of(("trace of " + id).getBytes(StandardCharsets.UTF_8)));
    }
}
