package io.ralmspec.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.Context;
import io.ralmspec.decoding.Generation;
import io.ralmspec.decoding.Sampling;
import io.ralmspec.model.Generations.Outcome;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A stride that is cancelled gives nothing and leaves nothing wrong behind. */
class CancellationTest {
    private static final int[] PROMPT = {50, 51, 52, 53, 54, 55, 56};

    @ParameterizedTest
    @ValueSource(
            strings = {
                "gpt2-growing",
                "gpt2-shared",
                "opt-growing",
                "llama-growing",
                "llama-shared"
            })
    void whenIsAskedBeforeEveryRun(String name) {
        Generation generation = Generation.of(new Context("s", 2, PROMPT), 6, Sampling.GREEDY);
        try (OnnxLanguageModel reference = open(name);
                OnnxLanguageModel model = open(name)) {
            Outcome wanted = Generations.observe(reference, generation);
            AtomicInteger asked = new AtomicInteger();
            // Another document's keys and values are in the sequence at first.
            Generations.generate(model, new Context("s", 1, PROMPT), 3, Sampling.GREEDY);
            for (int allowed = 0; allowed <= 6; allowed++) {
                long before = model.counters().runs();
                int most = allowed;
                asked.set(0);
                assertThat(model.generate(generation, () -> asked.incrementAndGet() > most))
                        .as("cancelled after %d", allowed)
                        .isNull();
                assertThat(asked).hasValue(allowed + 1);
                if (allowed == 0) {
                    assertThat(model.counters().runs()).isEqualTo(before);
                }
                Outcome got = Generations.observe(model, generation);
                assertThat(got.tokens()).isEqualTo(wanted.tokens());
                for (int i = 0; name.endsWith("-shared") && i < 6; i++) {
                    assertThat(Arrays.equals(got.scores().get(i), wanted.scores().get(i))).isTrue();
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2-shared", "opt-growing"})
    void aWrongDraftThatWasRunLeavesNoTrace(String name) {
        Context context = new Context("s", 2, PROMPT);
        int[] wrong = {9, 8, 7, 6, 5, 4};
        try (OnnxLanguageModel model = open(name);
                OnnxLanguageModel reference = open(name)) {
            AtomicInteger asked = new AtomicInteger();
            assertThat(
                            model.generate(
                                    new Generation(context, 6, Sampling.GREEDY, wrong, true),
                                    () -> asked.incrementAndGet() > 2))
                    .isNull();
            assertThat(Generations.generate(model, context, 6, Sampling.GREEDY))
                    .isEqualTo(Generations.generate(reference, context, 6, Sampling.GREEDY));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2-shared", "opt-growing"})
    void aStrideThatIsFinishedIsNotCancelled(String name) {
        Generation generation = Generation.of(new Context("s", 2, PROMPT), 3, Sampling.GREEDY);
        try (OnnxLanguageModel model = open(name)) {
            AtomicInteger asked = new AtomicInteger();
            assertThat(model.generate(generation, () -> asked.incrementAndGet() > 4)).isNotNull();
            assertThat(asked).hasValue(4);
        }
    }

    private static OnnxLanguageModel open(String name) {
        return OnnxLanguageModel.open(
                TestDirectories.resource("models/" + name),
                ModelOptions.defaults(),
                ListCatalog.expected());
    }
}
