package io.ralmspec.decoding;

import java.util.List;

/**
 * One validated request.
 *
 * @param id unique within the retention window
 * @param maxTokens generated tokens at most, at least 1
 * @param stop texts that end the answer and are not part of it
 * @param stream whether verified text is sent while the answer grows
 * @param deadlineMillis milliseconds after receipt at which the request ends; 0 is none
 */
public record DecodingRequest(
        String id,
        String prompt,
        int maxTokens,
        List<String> stop,
        Sampling sampling,
        RetrievalParameters retrieval,
        boolean stream,
        long deadlineMillis) {
    public DecodingRequest {
        Checks.require(!id.isEmpty(), "id", "not empty", "\"\"");
        Checks.require(maxTokens >= 1, "max_tokens", ">= 1", maxTokens);
        Checks.require(deadlineMillis >= 0, "deadline_ms", ">= 0", deadlineMillis);
        stop = List.copyOf(stop);
    }
}
