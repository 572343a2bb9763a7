package io.ralmspec.job.load;

import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.RetrievalParameters;
import io.ralmspec.decoding.Sampling;
import io.ralmspec.job.bench.BenchPolicy;
import java.util.List;

/**
 * Makes the requests: number i asks the same, with the same seed, under every policy.
 *
 * @param prompts asked in turn, over and over; at least one
 * @param retrieval of all of them, but for mode and policy
 * @param temperature 0 is greedy
 * @param seed request i draws with seed + i
 * @param stream whether text is sent as it grows
 */
public record LoadRequests(
        List<String> prompts,
        int maxTokens,
        RetrievalParameters retrieval,
        double temperature,
        long seed,
        boolean stream) {
    public LoadRequests {
        prompts = List.copyOf(prompts);
        if (prompts.isEmpty()) {
            throw new IllegalArgumentException("--questions must hold at least one (got 0)");
        }
        if (maxTokens < 1) {
            throw new IllegalArgumentException(
                    "--max-tokens must be >= 1 (got %d)".formatted(maxTokens));
        }
        if (!(temperature >= 0 && temperature <= 2)) {
            throw new IllegalArgumentException(
                    "--temperature must be in [0, 2] (got %s)".formatted(temperature));
        }
    }

    /**
     * Request i under one policy.
     *
     * @param id not used before on these topics
     */
    DecodingRequest request(String id, BenchPolicy policy, int i) {
        return new DecodingRequest(
                id,
                prompts.get(i % prompts.size()),
                maxTokens,
                List.of(),
                temperature == 0 ? Sampling.GREEDY : new Sampling(temperature, 1, seed + i),
                retrieval.with(mode(policy)).with(policy.policy()),
                stream,
                0);
    }

    DecodingMode mode(BenchPolicy policy) {
        if (!retrieval.mode().neighbours()) {
            return policy.mode();
        }
        return policy.mode().speculative() ? DecodingMode.KNN_LM : DecodingMode.KNN_LM_BASELINE;
    }
}
