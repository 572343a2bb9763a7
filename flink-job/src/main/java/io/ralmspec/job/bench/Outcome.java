package io.ralmspec.job.bench;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.Command;
import io.ralmspec.decoding.FinishReason;
import java.util.Arrays;
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

    /** Same tokens, same end, same text, same document behind every token; no error. */
    static boolean equal(Answer a, Answer b) {
        return a.finishReason() != FinishReason.ERROR
                && a.finishReason() == b.finishReason()
                && Arrays.equals(a.tokens(), b.tokens())
                && a.text().equals(b.text())
                && a.sources().equals(b.sources());
    }
}
