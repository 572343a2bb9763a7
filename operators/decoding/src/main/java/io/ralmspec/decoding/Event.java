package io.ralmspec.decoding;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What can happen to a session. Durations are in seconds; an epoch is that of the command answered.
 */
public sealed interface Event {
    /** The prompt was tokenised and its query formed. */
    record Prepared(int epoch, int[] promptTokens, Query query, double seconds) implements Event {}

    /**
     * A step was generated.
     *
     * @param tokens at least one
     * @param nextQuery the query after these tokens; null if the model was so sure of them that
     *     none is needed
     */
    record Generated(int epoch, int[] tokens, @Nullable Query nextQuery, double seconds)
            implements Event {}

    /**
     * The knowledge base answered; {@code hits.get(i)} belongs to query i of the {@link
     * Command.Verify} with this epoch.
     */
    record Verified(int epoch, List<Hits> hits, double seconds) implements Event {}

    /** The model or the knowledge base failed on a command, for good. */
    record Failed(int epoch, ErrorCode code, String message) implements Event {}

    record Cancelled() implements Event {}

    record DeadlinePassed() implements Event {}
}
