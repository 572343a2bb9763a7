package io.ralmspec.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.ralmspec.decoding.Context;
import io.ralmspec.decoding.Generation;
import io.ralmspec.decoding.Sampling;
import io.ralmspec.decoding.Stride;
import io.ralmspec.model.Generations.Outcome;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConfidenceTest {
    private static final int[] PROMPT = {50, 51, 52, 53, 54};

    @ParameterizedTest
    @ValueSource(strings = {"gpt2-shared", "llama-shared", "opt-growing", "gpt2-growing"})
    void isTheLeastProbabilityOfTheTokensAtTemperatureOne(String name) {
        try (OnnxLanguageModel model = open(name)) {
            for (Sampling sampling : new Sampling[] {Sampling.GREEDY, new Sampling(1.5, 0.9, 7)}) {
                Context context = new Context("s", 1, PROMPT);
                Generation asked = new Generation(context, 6, sampling, new int[0], true);
                Outcome observed = Generations.observe(model, asked);
                double least = 1;
                for (int i = 0; i < observed.tokens().length; i++) {
                    double[] weights = widened(observed.scores().get(i)).map(Math::exp).toArray();
                    double sum = Arrays.stream(weights).sum();
                    least = Math.min(least, weights[observed.tokens()[i]] / sum);
                }
                Stride stride = Generations.generate(model, asked);
                assertThat(stride.tokens()).isEqualTo(observed.tokens());
                assertThat(stride.confidence()).isCloseTo(least, within(1e-12)).isPositive();
                assertThat(Generations.generate(model, Generation.of(context, 6, sampling)))
                        .satisfies(plain -> assertThat(plain.tokens()).isEqualTo(stride.tokens()))
                        .satisfies(plain -> assertThat(plain.confidence()).isZero());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2-shared", "llama-shared"})
    void isTheSameToTheBitWithADraft(String name) {
        long seed = Seeds.next();
        Random random = new Random(seed);
        try (OnnxLanguageModel model = open(name);
                OnnxLanguageModel reference = open(name)) {
            for (int i = 0; i < 60; i++) {
                int[] tokens = random.ints(1 + random.nextInt(12), 0, 600).toArray();
                Context context = new Context("s", random.nextInt(5) - 1, tokens);
                Stride wanted =
                        Generations.generate(
                                reference,
                                new Generation(context, 5, Sampling.GREEDY, new int[0], true));
                int[] draft = Arrays.copyOf(wanted.tokens(), random.nextInt(6));
                if (draft.length > 0 && random.nextBoolean()) {
                    int at = random.nextInt(draft.length);
                    draft[at] = (draft[at] + 1) % 600;
                }
                Stride got =
                        Generations.generate(
                                model, new Generation(context, 5, Sampling.GREEDY, draft, true));
                assertThat(got.tokens()).as("seed=%d", seed).isEqualTo(wanted.tokens());
                assertThat(got.confidence()).as("seed=%d", seed).isEqualTo(wanted.confidence());
            }
        }
    }

    @Test
    void probabilitiesOfAVocabularySumToOneHoweverFarApartScoresAre() {
        FloatBuffer scores = FloatBuffer.wrap(new float[] {3e4f, -3e4f, 2.9999e4f, 0});
        double sum = 0;
        for (int token = 0; token < scores.limit(); token++) {
            sum += TokenSampler.probability(scores, token);
        }
        assertThat(sum).isCloseTo(1, within(1e-15));
        assertThat(TokenSampler.probability(scores, 1)).isZero();
        assertThat(TokenSampler.probability(FloatBuffer.wrap(new float[] {5}), 0)).isEqualTo(1);
    }

    private static java.util.stream.DoubleStream widened(float[] scores) {
        return java.util.stream.IntStream.range(0, scores.length).mapToDouble(i -> scores[i]);
    }

    private static OnnxLanguageModel open(String name) {
        return OnnxLanguageModel.open(
                TestDirectories.resource("models/" + name),
                ModelOptions.defaults(),
                ListCatalog.expected());
    }
}
