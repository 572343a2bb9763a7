package io.ralmspec.streaming;

import io.ralmspec.decoding.ErrorCode;
import io.ralmspec.decoding.Hits;
import io.ralmspec.decoding.RequestError;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The knowledge base's answer to a {@link VerificationRequest}, on its way back.
 *
 * @param hits {@code hits.get(i)} belongs to query i; empty after an error
 * @param seconds from submission to the knowledge base to its answer, waiting included
 * @param error why there are no hits, or null
 */
public record VerificationResult(
        String requestId,
        int epoch,
        List<Hits> hits,
        double seconds,
        @Nullable RequestError error) {
    public VerificationResult {
        hits = List.copyOf(hits);
    }

    static VerificationResult failed(VerificationRequest request, double seconds, String message) {
        return new VerificationResult(
                request.requestId(),
                request.epoch(),
                List.of(),
                seconds,
                new RequestError(ErrorCode.RETRIEVAL_FAILED, "", message));
    }

    /** Whether there are no hits. */
    public boolean failed() {
        return error != null;
    }
}
