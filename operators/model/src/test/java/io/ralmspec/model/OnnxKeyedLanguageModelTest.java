package io.ralmspec.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.ralmspec.decoding.Context;
import io.ralmspec.decoding.Sampling;
import io.ralmspec.decoding.knnlm.TokenState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OnnxKeyedLanguageModelTest {
    private static final int VOCABULARY = 600;
    private static final int CALLS = 150;

    @TempDir Path directory;

    private static OnnxKeyedLanguageModel open(String name, int threads, long bytes) {
        return OnnxKeyedLanguageModel.open(
                TestDirectories.resource("models/" + name),
                new ModelOptions(threads, 0, 0, bytes, Device.CPU, 1));
    }

    /** Goes on, goes back, changes a token or starts anew. */
    private static int[] next(Random random, int[] before) {
        int[] tokens = before;
        if (tokens.length == 0 || tokens.length > 90 || random.nextInt(12) == 0) {
            return random.ints(1 + random.nextInt(12), 0, VOCABULARY).toArray();
        }
        if (random.nextInt(4) == 0) {
            tokens = Arrays.copyOf(tokens, 1 + random.nextInt(tokens.length));
        }
        if (random.nextInt(8) == 0) {
            tokens = tokens.clone();
            tokens[random.nextInt(tokens.length)] = random.nextInt(VOCABULARY);
        }
        int more = random.nextInt(4);
        return IntStream.concat(Arrays.stream(tokens), random.ints(more, 0, VOCABULARY)).toArray();
    }

    @ParameterizedTest
    @CsvSource({
        "gpt2-shared, 1, 100000000",
        "gpt2-shared, 2, 100000000",
        "gpt2-shared, 2, 150000",
        "gpt2-shared, 2, 0",
        "llama-shared, 1, 100000000",
        "llama-shared, 8, 100000000",
        "llama-shared, 2, 80000",
    })
    void statesAreTheSameToTheBitWhateverWasCalledBefore(String name, int threads, long bytes) {
        compare(name, threads, bytes, 0);
    }

    @ParameterizedTest
    @CsvSource({"gpt2-growing, 2", "opt-growing, 2", "llama-growing, 1"})
    void statesOfGrowingGraphsAreTheSameUpToRounding(String name, int threads) {
        compare(name, threads, 100_000_000, 1e-4f);
    }

    private static void compare(String name, int threads, long bytes, float tolerance) {
        long seed = Seeds.next();
        Random random = new Random(seed);
        Map<String, int[]> sequences = new HashMap<>();
        try (OnnxKeyedLanguageModel model = open(name, threads, bytes);
                OnnxKeyedLanguageModel fresh = open(name, 2, 0)) {
            long before = model.counters().runTokens();
            long beforeFresh = fresh.counters().runTokens();
            for (int i = 0; i < CALLS; i++) {
                String sequence = "s" + random.nextInt(3);
                int[] tokens = next(random, sequences.getOrDefault(sequence, new int[0]));
                sequences.put(sequence, tokens);
                String what = "seed=%d call %d of %d tokens".formatted(seed, i, tokens.length);
                assertClose(
                        model.state(sequence, tokens), fresh.state("x", tokens), tolerance, what);
                if (random.nextInt(30) == 0) {
                    model.release(sequence);
                }
            }
            long run = model.counters().runTokens() - before;
            long runFresh = fresh.counters().runTokens() - beforeFresh;
            if (bytes > 1_000_000) {
                assertThat(run).as("reuse").isLessThan(runFresh * 3 / 4);
            }
        }
    }

    private static void assertClose(TokenState got, TokenState wanted, float most, String what) {
        assertThat(got.key()).as(what).hasSize(64);
        assertThat(largest(got.key(), wanted.key())).as(what).isLessThanOrEqualTo(most);
        assertThat(largest(got.logProbabilities(), wanted.logProbabilities()))
                .as(what)
                .isLessThanOrEqualTo(10 * most);
        assertThat(best(got)).as(what).isEqualTo(best(wanted));
    }

    private static float largest(float[] first, float[] second) {
        assertThat(first).hasSameSizeAs(second);
        float largest = 0;
        for (int i = 0; i < first.length; i++) {
            largest = Math.max(largest, Math.abs(first[i] - second[i]));
        }
        return largest;
    }

    private static int best(TokenState state) {
        float[] scores = state.logProbabilities();
        int best = 0;
        for (int i = 1; i < scores.length; i++) {
            best = scores[i] > scores[best] ? i : best;
        }
        return best;
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2-shared", "llama-shared", "gpt2-growing", "opt-growing"})
    void keysOfAWindowAreThoseOfItsStates(String name) {
        int[] window = new Random(Seeds.next()).ints(75, 0, VOCABULARY).toArray();
        float most = name.endsWith("shared") ? 0 : 1e-4f;
        try (OnnxKeyedLanguageModel model = open(name, 2, 1 << 24)) {
            for (int length : new int[] {1, 2, 3, 12, 75}) {
                float[][] keys = model.keys(Arrays.copyOf(window, length));
                assertThat(keys).hasNumberOfRows(length);
                for (int i = 0; i < length; i++) {
                    float[] key = model.state("s", Arrays.copyOf(window, i + 1)).key();
                    assertThat(largest(keys[i], key))
                            .as("%d of %d", i, length)
                            .isLessThanOrEqualTo(most);
                }
            }
        }
    }

    @Test
    void bothKindsOfGraphGiveTheSameKeys() {
        int[] window = new Random(7).ints(60, 0, VOCABULARY).toArray();
        for (String family : new String[] {"gpt2", "llama"}) {
            try (OnnxKeyedLanguageModel shared = open(family + "-shared", 2, 0);
                    OnnxKeyedLanguageModel growing = open(family + "-growing", 2, 0)) {
                float[][] one = shared.keys(window);
                float[][] other = growing.keys(window);
                for (int i = 0; i < window.length; i++) {
                    assertThat(largest(one[i], other[i])).as("%s %d", family, i).isLessThan(1e-4f);
                }
                assertThat(largest(one[3], one[30])).isGreaterThan(0.1f);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2-shared", "gpt2-growing", "llama-shared", "opt-growing"})
    void probabilitiesAreNormalisedAndAgreeWithTheLanguageModel(String name) {
        Path model = TestDirectories.resource("models/" + name);
        ModelOptions options = new ModelOptions(2, 0, 0, 1 << 22, Device.CPU, 1);
        int[] prompt = {40, 41, 42, 43};
        try (OnnxLanguageModel plain =
                        OnnxLanguageModel.open(model, options, ListCatalog.expected());
                OnnxKeyedLanguageModel keyed = OnnxKeyedLanguageModel.open(model, options)) {
            int[] expected =
                    Generations.generate(plain, new Context("s", -1, prompt), 20, Sampling.GREEDY);
            int[] tokens = prompt;
            for (int token : expected) {
                TokenState state = keyed.state("s", tokens);
                double sum = 0;
                for (float logProbability : state.logProbabilities()) {
                    sum += Math.exp(logProbability);
                }
                assertThat(sum).isCloseTo(1, within(1e-5));
                assertThat(best(state)).isEqualTo(token);
                tokens = IntStream.concat(Arrays.stream(tokens), IntStream.of(token)).toArray();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2-shared", "gpt2-growing"})
    void keepsWithinItsBoundAndClosesEverything(String name) {
        OnnxKeyedLanguageModel model = open(name, 1, 200_000);
        long most = 0;
        for (int i = 0; i < 40; i++) {
            model.state("s" + i, IntStream.range(20, 60).toArray());
            most = Math.max(most, model.counters().handlesOpen());
        }
        // 40 sequences of 40 tokens are 1.6 MB or more.
        assertThat(most).isPositive().isLessThan(30);
        model.release("s39");
        model.release("never seen");
        model.close();
        assertThat(model.counters().handlesOpen()).isZero();
        assertThatThrownBy(() -> model.state("s", new int[] {1}))
                .hasMessage("the language model is closed");
        model.close();
    }

    @Test
    void refusesTooManyTokensAndNone() {
        try (OnnxKeyedLanguageModel model = open("llama-shared", 1, 0)) {
            assertThat(model.windowTokens()).isEqualTo(191);
            assertThat(model.profile().sequenceTokens()).isEqualTo(191);
            assertThat(model.state("s", new int[191]).key()).hasSize(64);
            assertThatThrownBy(() -> model.state("s", new int[192]))
                    .hasMessage("`tokens` must be in [1, 191] (got 192)");
            assertThatThrownBy(() -> model.keys(new int[0]))
                    .hasMessage("`tokens` must be in [1, 191] (got 0)");
            assertThatThrownBy(() -> model.state("s", new int[] {1, 1_000_000}))
                    .isInstanceOf(ModelRunException.class);
            assertThat(model.state("s", new int[] {1, 2}).key()).hasSize(64);
        }
    }

    @Test
    void theFingerprintNamesGraphWeightsAndTokenizer() throws IOException {
        Path copy = TestDirectories.copy("models/gpt2-shared", directory.resolve("copy"));
        ModelOptions options = new ModelOptions(1, 0, 0, 0, Device.CPU, 1);
        String original;
        try (OnnxKeyedLanguageModel model = open("gpt2-shared", 1, 0);
                OnnxKeyedLanguageModel same = OnnxKeyedLanguageModel.open(copy, options);
                OnnxKeyedLanguageModel other = open("gpt2-growing", 1, 0)) {
            original = model.fingerprint();
            assertThat(same.fingerprint()).isEqualTo(original).matches("[0-9a-f]{16}");
            assertThat(other.fingerprint()).isNotEqualTo(original);
        }
        Path tokenizer = copy.resolve("tokenizer.json");
        Files.writeString(tokenizer, Files.readString(tokenizer) + "\n");
        try (OnnxKeyedLanguageModel changed = OnnxKeyedLanguageModel.open(copy, options)) {
            assertThat(changed.fingerprint()).isNotEqualTo(original);
        }
    }
}
