package io.ralmspec.decoding.knnlm;

import io.ralmspec.decoding.ErrorCode;
import java.util.List;

/**
 * What can happen to a KNN-LM session. Durations are in seconds; an epoch is that of the command
 * answered.
 */
public sealed interface KnnEvent {
    /** The prompt was tokenised. */
    record Prepared(int epoch, int[] promptTokens, double seconds) implements KnnEvent {}

    /**
     * Tokens were guessed.
     *
     * @param tokens as many as wanted; fewer if the last is an end token, or if it was stopped,
     *     then possibly none
     * @param keys {@code keys.get(i)} is the state's before {@code tokens[i]}
     */
    record Speculated(int epoch, int[] tokens, List<float[]> keys, double seconds)
            implements KnnEvent {}

    /**
     * The datastore answered; {@code neighbours.get(i)} belongs to key i of the {@link
     * KnnCommand.Search} with this epoch.
     */
    record Searched(int epoch, List<Neighbours> neighbours, double seconds) implements KnnEvent {}

    /**
     * The truth about the drafts of the {@link KnnCommand.Settle} with this epoch.
     *
     * @param tokens the true tokens up to the first that differs from its draft, that one included;
     *     all if none does. At least one
     */
    record Settled(int epoch, int[] tokens, double seconds) implements KnnEvent {}

    /** The model or the datastore failed on a command, for good. */
    record Failed(int epoch, ErrorCode code, String message) implements KnnEvent {}

    record Cancelled() implements KnnEvent {}

    record DeadlinePassed() implements KnnEvent {}

    /** The same with the seconds that it took. */
    static KnnEvent timed(KnnEvent event, double seconds) {
        return switch (event) {
            case Prepared e -> new Prepared(e.epoch(), e.promptTokens(), seconds);
            case Speculated e -> new Speculated(e.epoch(), e.tokens(), e.keys(), seconds);
            case Searched e -> new Searched(e.epoch(), e.neighbours(), seconds);
            case Settled e -> new Settled(e.epoch(), e.tokens(), seconds);
            case Failed e -> e;
            case Cancelled e -> e;
            case DeadlinePassed e -> e;
        };
    }
}
