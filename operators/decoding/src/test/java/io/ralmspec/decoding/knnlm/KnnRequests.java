package io.ralmspec.decoding.knnlm;

import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.RetrievalParameters;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.Sampling;
import io.ralmspec.decoding.SpeculationPolicy;
import java.util.List;

/** Plain requests for KNN-LM, with the default parameters. */
final class KnnRequests {
    private KnnRequests() {}

    static KnnState submitted(
            String id, int maxTokens, DecodingMode mode, SpeculationPolicy policy, boolean stream) {
        RetrievalParameters retrieval = RetrievalParameters.of(RetrieverKind.EXACT, mode, policy);
        DecodingRequest request =
                new DecodingRequest(
                        id, "p", maxTokens, List.of(), Sampling.GREEDY, retrieval, stream, 0);
        return KnnState.submitted(request, 1_000);
    }
}
