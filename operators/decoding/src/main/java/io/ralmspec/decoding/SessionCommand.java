package io.ralmspec.decoding;

/**
 * What a session wants done, whichever way it decodes. Each way adds its own: {@link Command},
 * {@link io.ralmspec.decoding.knnlm.KnnCommand}. Every command may be run again: results do not
 * depend on history. An epoch names a command; a result with another epoch is stale.
 */
public interface SessionCommand {
    record EmitDelta(Delta delta) implements SessionCommand {}

    /** The session is over: emit the answer, free everything kept for it. */
    record Finish(Answer answer) implements SessionCommand {}
}
