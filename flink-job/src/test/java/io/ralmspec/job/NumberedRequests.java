package io.ralmspec.job;

import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.KnnParameters;
import io.ralmspec.decoding.RetrievalParameters;
import io.ralmspec.decoding.RetrievalScheme;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.Sampling;
import io.ralmspec.decoding.SpeculationPolicy;
import io.ralmspec.decoding.StrideRule;
import java.util.List;
import java.util.stream.IntStream;

/** Requests that a test counts: number n has id {@code r<n>}, and neighbours differ in policy. */
final class NumberedRequests {
    static final int TOKENS = 40;

    private NumberedRequests() {}

    /** Those with the numbers {@code from} to {@code to - 1}. */
    static List<DecodingRequest> of(int from, int to) {
        return IntStream.range(from, to).mapToObj(NumberedRequests::request).toList();
    }

    private static DecodingRequest request(int number) {
        SpeculationPolicy policy =
                new SpeculationPolicy(
                        StrideRule.values()[number % StrideRule.values().length],
                        1 + number % 5,
                        number % 2 == 0 ? 1 : 20,
                        number / 2 % 2 == 0,
                        number / 4 % 2 == 0,
                        false);
        RetrievalParameters retrieval =
                new RetrievalParameters(
                        RetrieverKind.values()[number / 3 % RetrieverKind.values().length],
                        number % 10 == 9 ? DecodingMode.BASELINE : DecodingMode.SPECULATIVE,
                        RetrievalScheme.values()[number / 9 % RetrievalScheme.values().length],
                        RetrievalParameters.DEFAULT_CONFIDENCE,
                        4,
                        8,
                        policy);
        if (number % 4 == 3) {
            retrieval = withNeighbours(number, retrieval);
        }
        return new DecodingRequest(
                "r" + number,
                "question number " + number,
                TOKENS,
                List.of(),
                number % 7 == 0 ? new Sampling(0.8, 0.9, number) : Sampling.GREEDY,
                retrieval,
                number % 2 == 0,
                0);
    }

    /** The same speculation with KNN-LM. */
    private static RetrievalParameters withNeighbours(int number, RetrievalParameters like) {
        return RetrievalParameters.of(
                        number / 4 % 2 == 0 ? RetrieverKind.EXACT : RetrieverKind.HNSW,
                        like.speculative() ? DecodingMode.KNN_LM : DecodingMode.KNN_LM_BASELINE,
                        like.speculation())
                .with(new KnnParameters(0.5, 2, 1 + number % 16, 5, 3, 60));
    }
}
