package io.ralmspec.decoding;

import java.util.List;

/** What can happen to a session. Durations are in seconds. */
public sealed interface Event {
    /** The prompt was tokenised and its query formed. */
    record Prepared(int[] promptTokens, Query query, double seconds) implements Event {}

    /**
     * A step was generated.
     *
     * @param epoch of the {@link Command.Generate} that asked for it
     * @param step likewise
     * @param tokens at least one
     * @param nextQuery the query after these tokens
     */
    record Generated(int epoch, int step, int[] tokens, Query nextQuery, double seconds)
            implements Event {}

    /**
     * The knowledge base answered; {@code hits.get(i)} belongs to query i of the {@link
     * Command.Verify} with this epoch.
     */
    record Verified(int epoch, List<Hits> hits, double seconds) implements Event {}

    /** The model or the knowledge base failed for good. */
    record Failed(int epoch, ErrorCode code, String message) implements Event {}

    record Cancelled() implements Event {}

    record DeadlinePassed() implements Event {}
}
