package io.ralmspec.job.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.Context;
import io.ralmspec.decoding.Generation;
import io.ralmspec.decoding.LanguageModel;
import io.ralmspec.decoding.Sampling;
import io.ralmspec.decoding.ScriptedLanguageModel;
import io.ralmspec.decoding.Stride;
import io.ralmspec.streaming.Serving;
import org.junit.jupiter.api.Test;

class RememberingTest {
    private final Serving within = Scripted.serving(11, 5, 0);
    private final Serving remembering = Remembering.of(within);

    private static Generation generation(String sequence, int document, int... draft) {
        int[] tokens = {4, 5, 6};
        Context context = new Context(sequence, document, tokens);
        return new Generation(context, 4, Sampling.GREEDY, draft, false);
    }

    private Stride generate(Generation generation) {
        return remembering.model().generate(generation, () -> false);
    }

    @Test
    void asksAgainOnlyForWhatItDoesNotKnow() {
        ScriptedLanguageModel model = (ScriptedLanguageModel) within.model();
        LanguageModel plain = within.model();
        Generation first = generation("a", 1);
        int[] expected = plain.generate(first, () -> false).tokens();
        int calls = model.calls();

        assertThat(generate(first).tokens()).isEqualTo(expected);
        assertThat(generate(generation("b", 1)).tokens()).isEqualTo(expected);
        assertThat(model.calls()).isEqualTo(calls + 1);

        generate(generation("a", 2));
        generate(generation("a", 1, expected));
        assertThat(model.calls()).isEqualTo(calls + 3);
    }

    @Test
    void aCancelledStrideIsNotRemembered() {
        assertThat(remembering.model().generate(generation("a", 1), () -> true)).isNull();
        assertThat(generate(generation("a", 1))).isNotNull();
    }

    @Test
    void encodesATextOnce() {
        float[] vector = remembering.encoder().encode("a b");
        assertThat(remembering.encoder().encode("a b")).isSameAs(vector);
        assertThat(vector).isEqualTo(within.encoder().encode("a b"));
    }
}
