package io.ralmspec.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ralmspec.decoding.Context;
import io.ralmspec.decoding.Generation;
import io.ralmspec.decoding.Sampling;
import io.ralmspec.model.Generations.Outcome;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Several tokens per run are the tokens of several runs. The reference keeps nothing and runs token
 * by token. Of every other call all scores are looked at, which come from keys and values that
 * loops wrote: with GroupQueryAttention they are the same to the bit.
 */
class LoopTest {
    private static final int CALLS = 120;
    private static final int VOCABULARY = 600;

    @ParameterizedTest
    @CsvSource({
        "gpt2-shared, 1, 100000000, true",
        "gpt2-shared, 2, 150000, true",
        "gpt2-shared, 8, 100000000, true",
        "llama-shared, 1, 100000000, true",
        "llama-shared, 2, 80000, true",
        "llama-shared, 8, 100000000, true",
        "gpt2-growing, 2, 100000000, false",
        "gpt2-growing, 2, 150000, false",
        "opt-growing, 2, 100000000, false",
        "llama-growing, 2, 100000000, false",
        "llama-growing, 2, 0, false",
    })
    void tokensAreTheSameAndSoAreKeysAndValues(
            String name, int threads, long kvBytes, boolean bits) {
        long seed = Seeds.next();
        System.out.printf("-Dralmspec.seed=%d%n", seed);
        Random random = new Random(seed);
        Map<String, Context> last = new HashMap<>();
        try (OnnxLanguageModel model = open(directory(name), threads, kvBytes, true);
                OnnxLanguageModel reference = open(directory(name), 2, 0, false)) {
            for (int i = 0; i < CALLS; i++) {
                Context context = next(random, last);
                int most = 1 + random.nextInt(7);
                int[] draft =
                        random.ints(random.nextInt(2) * random.nextInt(most + 1), 0, VOCABULARY)
                                .toArray();
                Generation generation =
                        new Generation(context, most, Sampling.GREEDY, draft, false);
                Outcome wanted = Generations.observe(reference, generation);
                String what = "seed=%d call %d: %s".formatted(seed, i, context.sequence());
                int[] got = Generations.generate(model, generation).tokens();
                assertThat(got).as(what).isEqualTo(wanted.tokens());
                Context grown = append(context, got);
                last.put(context.sequence(), grown);
                if (random.nextBoolean() && grown.tokens().length < 90) {
                    Generation one = Generation.of(grown, 2, Sampling.GREEDY);
                    Outcome after = Generations.observe(model, one);
                    Outcome expected = Generations.observe(reference, one);
                    assertThat(after.tokens()).as(what).isEqualTo(expected.tokens());
                    for (int t = 0; bits && t < after.scores().size(); t++) {
                        assertThat(after.scores().get(t))
                                .as(what)
                                .isEqualTo(expected.scores().get(t));
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"gpt2-shared", "llama-shared", "gpt2-growing", "opt-growing", "llama-growing"})
    void aStrideIsOneRun(String name) {
        try (OnnxLanguageModel model = open(directory(name), 2, 1 << 24, true);
                OnnxLanguageModel stepwise = open(directory(name), 2, 1 << 24, false)) {
            Context context = new Context("s", -1, new int[] {40, 41, 42, 43});
            for (int stride = 0; stride < 5; stride++) {
                Generation generation = Generation.of(context, 4, Sampling.GREEDY);
                int[] tokens = Generations.generate(model, generation).tokens();
                assertThat(tokens).isEqualTo(Generations.generate(stepwise, generation).tokens());
                context = append(context, tokens);
            }
            long tokens = context.tokens().length - 4;
            assertThat(tokens).isEqualTo(20);
            // One more where the first run is split in two, to have an even number of tokens each.
            assertThat(model.counters().runs()).isBetween(5L, 6L);
            assertThat(stepwise.counters().runs()).isGreaterThanOrEqualTo(tokens);
            assertThat(model.counters().runTokens())
                    .isLessThanOrEqualTo(stepwise.counters().runTokens());
        }
    }

    @ParameterizedTest
    @CsvSource({"llama-shared", "llama-growing"})
    void afterALoopFailedEveryTokenTakesARun(String name) {
        int unknown = 1_000_000;
        try (OnnxLanguageModel model = open(directory(name), 2, 1 << 24, true);
                OnnxLanguageModel reference = open(directory(name), 2, 0, false)) {
            Generation bad =
                    Generation.of(
                            new Context("s", -1, new int[] {40, unknown}), 4, Sampling.GREEDY);
            assertThatThrownBy(() -> Generations.generate(model, bad))
                    .isInstanceOf(ModelRunException.class);
            long before = model.counters().runs();
            Generation good =
                    Generation.of(
                            new Context("s", -1, new int[] {40, 41, 42, 43}), 4, Sampling.GREEDY);
            assertThat(Generations.generate(model, good).tokens())
                    .isEqualTo(Generations.generate(reference, good).tokens());
            assertThat(model.counters().runs() - before).isGreaterThanOrEqualTo(4);
        }
    }

    @ParameterizedTest
    @CsvSource({"llama-shared", "llama-growing"})
    void theEndTokenIsTheLastOne(String name, @TempDir Path temp) {
        Path directory = TestDirectories.copy("models/" + name, temp.resolve("ends"));
        Generation generation =
                Generation.of(new Context("s", 0, new int[] {40, 41, 42, 43}), 20, Sampling.GREEDY);
        int[] tokens;
        try (OnnxLanguageModel model = open(directory, 2, 1 << 24, true)) {
            tokens = Generations.generate(model, generation).tokens();
        }
        int end = tokens[7];
        int first = 0;
        while (tokens[first] != end) {
            first++;
        }
        TestDirectories.write(
                directory.resolve("generation_config.json"),
                "{\"eos_token_id\": [2, " + end + "]}");
        try (OnnxLanguageModel model = open(directory, 2, 1 << 24, true)) {
            assertThat(Generations.generate(model, generation).tokens())
                    .isEqualTo(Arrays.copyOf(tokens, first + 1));
        }
    }

    @Test
    void sampledTokensAreGeneratedOneByOneAndTheContextMayBeFull() {
        Sampling sampling = new Sampling(0.9, 0.95, 42);
        int[] prompt = new int[100];
        Arrays.fill(prompt, 50);
        Context context = new Context("s", -1, prompt);
        try (OnnxLanguageModel model = open(directory("llama-shared"), 2, 1 << 24, true);
                OnnxLanguageModel reference = open(directory("llama-shared"), 2, 0, false)) {
            for (Sampling each : new Sampling[] {sampling, Sampling.GREEDY}) {
                assertThat(Generations.generate(model, context, 91, each))
                        .isEqualTo(Generations.generate(reference, context, 91, each));
            }
        }
    }

    /** Goes on with a sequence, rolls it back, changes its document, or starts another. */
    private static Context next(Random random, Map<String, Context> last) {
        String sequence = "sequence-" + random.nextInt(4);
        Context before = last.get(sequence);
        if (before == null || before.tokens().length > 70) {
            int[] tokens = random.ints(1 + random.nextInt(30), 0, VOCABULARY).toArray();
            return new Context(sequence, random.nextInt(4) - 1, tokens);
        }
        int length = before.tokens().length;
        int kept = Math.max(1, length - random.nextInt(2) * random.nextInt(8));
        int document = random.nextInt(3) == 0 ? random.nextInt(4) - 1 : before.document();
        return new Context(sequence, document, Arrays.copyOf(before.tokens(), kept));
    }

    private static Context append(Context context, int[] more) {
        int[] tokens = context.tokens();
        int[] all = Arrays.copyOf(tokens, tokens.length + more.length);
        System.arraycopy(more, 0, all, tokens.length, more.length);
        return new Context(context.sequence(), context.document(), all);
    }

    private static Path directory(String name) {
        return TestDirectories.resource("models/" + name);
    }

    private static OnnxLanguageModel open(
            Path directory, int threads, long kvBytes, boolean loops) {
        ModelOptions options = new ModelOptions(threads, 0, kvBytes, kvBytes, Device.CPU, 1);
        return OnnxLanguageModel.open(directory, options, ListCatalog.expected(), loops);
    }
}
