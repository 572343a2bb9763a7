package io.ralmspec.model;

import io.ralmspec.decoding.Context;
import io.ralmspec.decoding.Generation;
import io.ralmspec.decoding.Sampling;
import io.ralmspec.decoding.Stride;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Calls of a model that are never cancelled, and what they gave. */
final class Generations {
    private Generations() {}

    static int[] generate(
            OnnxLanguageModel model, Context context, int maxTokens, Sampling sampling) {
        return generate(model, Generation.of(context, maxTokens, sampling)).tokens();
    }

    static Stride generate(OnnxLanguageModel model, Generation generation) {
        return Objects.requireNonNull(model.generate(generation, () -> false));
    }

    /** The tokens of one call, each with the scores it was chosen from. */
    record Outcome(int[] tokens, List<float[]> scores) {}

    static Outcome observe(OnnxLanguageModel model, Generation generation) {
        List<float[]> scores = new ArrayList<>();
        TokenChoice choice =
                (row, position) -> {
                    scores.add(copy(row));
                    return TokenSampler.choose(row, generation.sampling(), position);
                };
        Stride stride = Objects.requireNonNull(model.generate(generation, choice, () -> false));
        return new Outcome(stride.tokens(), scores);
    }

    private static float[] copy(FloatBuffer row) {
        float[] copy = new float[row.limit()];
        row.get(0, copy);
        return copy;
    }
}
