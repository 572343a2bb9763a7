package io.ralmspec.job.bench;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.Command;
import java.util.List;

/**
 * What became of one request.
 *
 * @param seconds from submission to the answer
 * @param steps the steps that the model was asked for, in order; empty if the engine can't see them
 */
record Outcome(Answer answer, double seconds, List<Command.Generate> steps) {
    Outcome {
        steps = List.copyOf(steps);
    }
}
