package io.ralmspec.decoding.knnlm;

import io.ralmspec.decoding.ModelLoad;
import io.ralmspec.decoding.SessionEvent;
import java.util.List;

/** What can happen to a KNN-LM session, besides every {@link SessionEvent}. */
public sealed interface KnnEvent extends SessionEvent {
    /** The prompt was tokenised. */
    record Prepared(int epoch, int[] promptTokens, double seconds, ModelLoad load)
            implements KnnEvent {
        /** Of a worker that does not say how busy it is. */
        public Prepared(int epoch, int[] promptTokens, double seconds) {
            this(epoch, promptTokens, seconds, ModelLoad.UNKNOWN);
        }

        @Override
        public Prepared timed(double taken) {
            return new Prepared(epoch, promptTokens, taken, load);
        }

        @Override
        public Prepared under(ModelLoad seen) {
            return new Prepared(epoch, promptTokens, seconds, seen);
        }
    }

    /**
     * Tokens were guessed.
     *
     * @param tokens as many as wanted; fewer if the last is an end token, or if it was stopped,
     *     then possibly none
     * @param keys {@code keys.get(i)} is the state's before {@code tokens[i]}
     * @param seconds waiting for the model included
     */
    record Speculated(int epoch, int[] tokens, List<float[]> keys, double seconds, ModelLoad load)
            implements KnnEvent {
        /** Of a worker that does not say how busy it is. */
        public Speculated(int epoch, int[] tokens, List<float[]> keys, double seconds) {
            this(epoch, tokens, keys, seconds, ModelLoad.UNKNOWN);
        }

        /** Without waiting. */
        public double ownSeconds() {
            return Math.max(0, seconds - load.waitedSeconds());
        }

        @Override
        public int steps() {
            return tokens.length;
        }

        @Override
        public Speculated timed(double taken) {
            return new Speculated(epoch, tokens, keys, taken, load);
        }

        @Override
        public Speculated under(ModelLoad seen) {
            return new Speculated(epoch, tokens, keys, seconds, seen);
        }
    }

    /**
     * The datastore answered; {@code neighbours.get(i)} belongs to key i of the {@link
     * KnnCommand.Search} with this epoch.
     */
    record Searched(int epoch, List<Neighbours> neighbours, double seconds) implements KnnEvent {
        @Override
        public Searched timed(double taken) {
            return new Searched(epoch, neighbours, taken);
        }
    }

    /**
     * The truth about the drafts of the {@link KnnCommand.Settle} with this epoch.
     *
     * @param tokens the true tokens up to the first that differs from its draft, that one included;
     *     all if none does. At least one
     */
    record Settled(int epoch, int[] tokens, double seconds) implements KnnEvent {
        @Override
        public Settled timed(double taken) {
            return new Settled(epoch, tokens, taken);
        }
    }
}
