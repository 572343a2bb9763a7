package io.ralmspec.job.bench;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.SessionCommand;
import java.util.List;

/**
 * What became of one request.
 *
 * @param seconds from submission to the answer
 * @param commands what its session wanted done, in order; empty if the engine can't see that
 */
record Outcome(Answer answer, double seconds, List<SessionCommand> commands) {
    Outcome {
        commands = List.copyOf(commands);
    }
}
