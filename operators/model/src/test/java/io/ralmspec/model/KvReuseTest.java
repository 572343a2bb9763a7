package io.ralmspec.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.Context;
import io.ralmspec.decoding.Generation;
import io.ralmspec.decoding.Sampling;
import io.ralmspec.model.Generations.Outcome;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Results do not depend on earlier calls. The reference keeps nothing: every call of it runs
 * document and tokens anew.
 */
class KvReuseTest {
    private static final int CALLS = 120;
    private static final int VOCABULARY = 600;
    private static final ModelOptions NOTHING_KEPT = options(2, 0, 0);

    @ParameterizedTest
    @CsvSource({
        "gpt2-shared, 1, 100000000",
        "gpt2-shared, 2, 100000000",
        "gpt2-shared, 8, 100000000",
        "gpt2-shared, 2, 150000",
        "gpt2-shared, 2, 0",
        "llama-shared, 1, 100000000",
        "llama-shared, 2, 100000000",
        "llama-shared, 8, 100000000",
        "llama-shared, 2, 80000",
        "llama-shared, 2, 0",
    })
    void scoresAreTheSameToTheBitWhateverWasCalledBefore(
            String name, int threads, long budgetBytes) {
        compareRandomCalls(name, options(threads, budgetBytes, budgetBytes), true);
    }

    @ParameterizedTest
    @CsvSource({
        "gpt2-growing, 2, 100000000",
        "gpt2-growing, 8, 100000000",
        "gpt2-growing, 2, 150000",
        "opt-growing, 2, 100000000",
        "opt-growing, 2, 0",
        "llama-growing, 2, 100000000",
        "llama-growing, 2, 80000",
    })
    void tokensAreTheSameWhateverWasCalledBefore(String name, int threads, long budgetBytes) {
        compareRandomCalls(name, options(threads, budgetBytes, budgetBytes), false);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2-shared", "llama-shared"})
    void aStepGivesTheBitsOfOnePrefill(String name) {
        try (OnnxLanguageModel model = open(name, options(2, 1 << 24, 1 << 24));
                OnnxLanguageModel reference = open(name, NOTHING_KEPT)) {
            int[] prompt = {40, 41, 42, 43, 44};
            Outcome stepwise = call(model, new Context("s", 2, prompt), 60);
            int[] tokens = prompt;
            for (int i = 0; i < 60; i++) {
                Outcome prefill = call(reference, new Context("s", 2, tokens), 1);
                assertSameBits(stepwise.scores().get(i), prefill.scores().getFirst(), "token " + i);
                tokens = append(tokens, prefill.tokens());
            }
            // The reference really ran everything each time, in one run or, where odd, two.
            assertThat(reference.counters().runs()).isEqualTo(60 + 30);
            assertThat(reference.counters().runTokens()).isGreaterThan(60 * 77);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "gpt2-growing",
                "gpt2-shared",
                "opt-growing",
                "llama-growing",
                "llama-shared"
            })
    void afterAnyHistoryAFreshModelAgrees(String name) {
        long seed = Seeds.next();
        Random random = new Random(seed);
        try (OnnxLanguageModel warm = open(name, options(2, 1 << 20, 1 << 20))) {
            for (int i = 0; i < 30; i++) {
                call(warm, randomContext(random), 1 + random.nextInt(6));
            }
            for (int document = -1; document < 4; document++) {
                Context context = new Context("a", document, new int[] {30, 31, 32});
                try (OnnxLanguageModel fresh = open(name, options(1, 1 << 20, 1 << 20))) {
                    assertThat(call(warm, context, 12).tokens())
                            .as("seed=%d", seed)
                            .isEqualTo(call(fresh, context, 12).tokens());
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "gpt2-growing",
                "gpt2-shared",
                "opt-growing",
                "llama-growing",
                "llama-shared"
            })
    void onlyTwoTokensAreRunPerStepAndOnlyTheTailAfterADocumentChange(String name) {
        try (OnnxLanguageModel model = open(name, options(2, 1 << 24, 1 << 24))) {
            int[] prompt = {50, 51, 52, 53, 54, 55};
            int[] tokens = append(prompt, call(model, new Context("r", 2, prompt), 4).tokens());
            KvCounters before = model.counters();
            tokens = append(tokens, call(model, new Context("r", 2, tokens), 4).tokens());
            assertThat(model.counters().runTokens() - before.runTokens()).isEqualTo(4 * 2);

            call(model, new Context("r", 1, tokens), 4);
            before = model.counters();
            call(model, new Context("r", 2, tokens), 1);
            assertThat(model.counters().runTokens() - before.runTokens()).isEqualTo(tokens.length);
            assertThat(model.counters().documentHits() - before.documentHits()).isEqualTo(1);

            model.forgetDocuments();
            before = model.counters();
            call(model, new Context("r", 1, tokens), 1);
            assertThat(model.counters().documentHits()).isEqualTo(before.documentHits());
            assertThat(model.counters().documentMisses() - before.documentMisses()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2-growing", "gpt2-shared", "llama-growing", "llama-shared"})
    void noTensorStaysOpen(String name) {
        Random random = new Random(5);
        OnnxLanguageModel model = open(name, options(2, 200_000, 300_000));
        for (int i = 0; i < 60; i++) {
            call(model, randomContext(random), 3);
        }
        assertThat(model.counters().handlesOpen()).isPositive();
        model.release("a");
        model.release("never seen");
        model.close();
        assertThat(model.counters().handlesOpened()).isPositive();
        assertThat(model.counters().handlesOpen()).isZero();
        model.close();
    }

    private static void compareRandomCalls(String name, ModelOptions options, boolean bits) {
        long seed = Seeds.next();
        Random random = new Random(seed);
        Map<String, Context> last = new HashMap<>();
        try (OnnxLanguageModel model = open(name, options);
                OnnxLanguageModel reference = open(name, NOTHING_KEPT)) {
            for (int i = 0; i < CALLS; i++) {
                Context context = nextContext(random, last);
                int count = 1 + random.nextInt(5);
                Outcome got = call(model, context, count);
                Outcome wanted = call(reference, context, count);
                String what = "seed=%d call %d: %s".formatted(seed, i, describe(context));
                assertThat(got.tokens()).as(what).isEqualTo(wanted.tokens());
                if (bits) {
                    for (int t = 0; t < got.scores().size(); t++) {
                        assertSameBits(got.scores().get(t), wanted.scores().get(t), what);
                    }
                }
                last.put(
                        context.sequence(),
                        new Context(
                                context.sequence(),
                                context.document(),
                                append(context.tokens(), got.tokens())));
                if (random.nextInt(25) == 0) {
                    model.release(context.sequence());
                }
            }
        }
    }

    /** Continues a sequence, rolls it back, changes its document or tokens, or starts it anew. */
    private static Context nextContext(Random random, Map<String, Context> last) {
        Context fresh = randomContext(random);
        Context before = last.get(fresh.sequence());
        if (before == null || before.tokens().length > 90 || random.nextInt(10) == 0) {
            return fresh;
        }
        int[] tokens = before.tokens();
        if (random.nextInt(3) == 0) {
            tokens = Arrays.copyOf(tokens, 1 + random.nextInt(tokens.length));
        }
        if (random.nextInt(6) == 0) {
            tokens = tokens.clone();
            tokens[random.nextInt(tokens.length)] = random.nextInt(VOCABULARY);
        }
        int document = random.nextInt(3) == 0 ? fresh.document() : before.document();
        return new Context(before.sequence(), document, tokens);
    }

    private static Context randomContext(Random random) {
        int[] tokens = random.ints(1 + random.nextInt(12), 0, VOCABULARY).toArray();
        String sequence = Character.toString('a' + random.nextInt(4));
        return new Context(sequence, random.nextInt(5) - 1, tokens);
    }

    private static Outcome call(OnnxLanguageModel model, Context context, int count) {
        return Generations.observe(model, Generation.of(context, count, Sampling.GREEDY));
    }

    private static void assertSameBits(float[] got, float[] wanted, String what) {
        int different = Arrays.mismatch(got, wanted);
        assertThat(different)
                .as(() -> "%s: %s instead of %s".formatted(what, got[different], wanted[different]))
                .isEqualTo(-1);
    }

    private static String describe(Context context) {
        return "%s, document %d, %d tokens"
                .formatted(context.sequence(), context.document(), context.tokens().length);
    }

    private static int[] append(int[] first, int[] second) {
        int[] all = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, all, first.length, second.length);
        return all;
    }

    private static ModelOptions options(int threads, long documentBytes, long sequenceBytes) {
        return new ModelOptions(threads, 0, documentBytes, sequenceBytes, Device.CPU, 1);
    }

    private static OnnxLanguageModel open(String name, ModelOptions options) {
        return OnnxLanguageModel.open(
                TestDirectories.resource("models/" + name), options, ListCatalog.expected());
    }
}
