package io.ralmspec.job;

import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.RetrievalParameters;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.Sampling;
import io.ralmspec.decoding.SpeculationPolicy;
import java.util.List;

/** Requests for tests in which nothing but id, prompt and length matters. */
public final class TestRequests {
    private TestRequests() {}

    /** Speculative, greedy, without deadline or stop texts. */
    public static DecodingRequest speculative(
            String id, String prompt, int maxTokens, boolean stream) {
        return new DecodingRequest(
                id,
                prompt,
                maxTokens,
                List.of(),
                Sampling.GREEDY,
                RetrievalParameters.of(
                        RetrieverKind.EXACT,
                        DecodingMode.SPECULATIVE,
                        SpeculationPolicy.fixed(3, 5)),
                stream,
                0);
    }
}
