package io.ralmspec.streaming;

import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.ErrorCode;
import io.ralmspec.decoding.Origin;
import io.ralmspec.decoding.RequestError;
import io.ralmspec.decoding.RetrievalParameters;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.Sampling;
import io.ralmspec.decoding.Submission;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Requests for tests, random by seed. */
final class Requests {
    private Requests() {}

    /** All retrievers, modes and strides. */
    static List<DecodingRequest> random(long seed, int count) {
        Random random = new Random(seed);
        List<DecodingRequest> requests = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            RetrievalParameters retrieval =
                    new RetrievalParameters(
                            RetrieverKind.values()[random.nextInt(3)],
                            random.nextInt(8) == 0
                                    ? DecodingMode.BASELINE
                                    : DecodingMode.SPECULATIVE,
                            1 + random.nextInt(5),
                            3 + random.nextInt(20),
                            1 + random.nextInt(5),
                            1 + random.nextInt(8));
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

    /** A greedy speculative request over the exact retriever that needs several rounds. */
    static DecodingRequest simple(String id) {
        return simple(id, 0);
    }

    static DecodingRequest simple(String id, long deadlineMillis) {
        return new DecodingRequest(
                id,
                "tell me about " + id,
                40,
                List.of(),
                Sampling.GREEDY,
                new RetrievalParameters(RetrieverKind.EXACT, DecodingMode.SPECULATIVE, 4, 32, 3, 1),
                true,
                deadlineMillis);
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
