package io.ralmspec.decoding;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What can happen to a session that decodes with documents, besides every {@link SessionEvent}. */
public sealed interface Event extends SessionEvent {
    /** The prompt was tokenised and its query formed. */
    record Prepared(int epoch, int[] promptTokens, Query query, double seconds, ModelLoad load)
            implements Event {
        /** Of a worker that does not say how busy it is. */
        public Prepared(int epoch, int[] promptTokens, Query query, double seconds) {
            this(epoch, promptTokens, query, seconds, ModelLoad.UNKNOWN);
        }

        @Override
        public Prepared timed(double taken) {
            return new Prepared(epoch, promptTokens, query, taken, load);
        }

        @Override
        public Prepared under(ModelLoad seen) {
            return new Prepared(epoch, promptTokens, query, seconds, seen);
        }
    }

    /**
     * A step was generated.
     *
     * @param tokens at least one
     * @param nextQuery the query after these tokens; null if the model was so sure of them that
     *     none is needed
     * @param seconds waiting for the model included
     */
    record Generated(
            int epoch, int[] tokens, @Nullable Query nextQuery, double seconds, ModelLoad load)
            implements Event {
        /** Of a worker that does not say how busy it is. */
        public Generated(int epoch, int[] tokens, @Nullable Query nextQuery, double seconds) {
            this(epoch, tokens, nextQuery, seconds, ModelLoad.UNKNOWN);
        }

        /** Without waiting. */
        public double ownSeconds() {
            return Math.max(0, seconds - load.waitedSeconds());
        }

        @Override
        public int steps() {
            return 1;
        }

        @Override
        public Generated timed(double taken) {
            return new Generated(epoch, tokens, nextQuery, taken, load);
        }

        @Override
        public Generated under(ModelLoad seen) {
            return new Generated(epoch, tokens, nextQuery, seconds, seen);
        }
    }

    /**
     * The knowledge base answered; {@code hits.get(i)} belongs to query i of the {@link
     * Command.Verify} with this epoch.
     */
    record Verified(int epoch, List<Hits> hits, double seconds) implements Event {
        @Override
        public Verified timed(double taken) {
            return new Verified(epoch, hits, taken);
        }
    }
}
