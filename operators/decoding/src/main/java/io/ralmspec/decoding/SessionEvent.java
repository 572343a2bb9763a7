package io.ralmspec.decoding;

/**
 * What can happen to a session, whichever way it decodes. Each way adds its own: {@link Event},
 * {@link io.ralmspec.decoding.knnlm.KnnEvent}. Durations are in seconds; an epoch is that of the
 * command answered.
 */
public interface SessionEvent {
    /** The model or the knowledge base failed on a command, for good. */
    record Failed(int epoch, ErrorCode code, String message) implements SessionEvent {}

    record Cancelled() implements SessionEvent {}

    record DeadlinePassed() implements SessionEvent {}

    /** The same with the seconds that it took, for a caller who has a clock. */
    default SessionEvent timed(double seconds) {
        return this;
    }

    /** Steps that the model generated: a stride with a document each, or a token of KNN-LM each. */
    default int steps() {
        return 0;
    }

    /** The same with the load that the model's worker saw, if it is of the kind that plans. */
    default SessionEvent under(ModelLoad load) {
        return this;
    }
}
