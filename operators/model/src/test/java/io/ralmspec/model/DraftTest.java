package io.ralmspec.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.Context;
import io.ralmspec.decoding.Generation;
import io.ralmspec.decoding.Sampling;
import io.ralmspec.decoding.Stride;
import io.ralmspec.model.Generations.Outcome;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A draft saves runs and changes nothing. */
class DraftTest {
    private static final int CASES = 4;
    private static final int LONGEST = 8;
    private static final int VOCABULARY = 600;

    @ParameterizedTest
    @CsvSource({
        "gpt2-shared, 1, 100000000",
        "gpt2-shared, 2, 100000000",
        "gpt2-shared, 2, 0",
        "llama-shared, 1, 100000000",
        "llama-shared, 2, 100000000",
        "llama-shared, 2, 0",
    })
    void scoresAreTheSameToTheBitWithAnyDraft(String name, int threads, long budgetBytes) {
        compareWithDrafts(
                name, new ModelOptions(threads, 0, budgetBytes, budgetBytes, Device.CPU, 1));
    }

    /**
     * Growing keys and values are not the same to the bit; the scores of these models are apart.
     */
    @ParameterizedTest
    @ValueSource(strings = {"gpt2-growing", "opt-growing", "llama-growing"})
    void tokensAreTheSameWithAnyDraft(String name) {
        compareWithDrafts(name, new ModelOptions(2, 0, 1 << 20, 1 << 20, Device.CPU, 1));
    }

    private static void compareWithDrafts(String name, ModelOptions options) {
        long seed = Seeds.next();
        Random random = new Random(seed);
        boolean bits = name.endsWith("-shared");
        int compared = 0;
        try (OnnxLanguageModel model = open(name, options);
                OnnxLanguageModel reference =
                        open(name, new ModelOptions(2, 0, 0, 0, Device.CPU, 1))) {
            for (int i = 0; i < CASES; i++) {
                Context context = randomContext(random);
                Sampling sampling =
                        i % 2 == 0 ? Sampling.GREEDY : new Sampling(0.8, 0.95, random.nextLong());
                for (int length = 1; length <= LONGEST; length++) {
                    Outcome wanted =
                            Generations.observe(
                                    reference, Generation.of(context, length, sampling));
                    for (int[] draft : drafts(random, wanted.tokens(), length)) {
                        if (random.nextBoolean()) {
                            changeDocument(model, context, random);
                        }
                        Outcome got =
                                Generations.observe(
                                        model,
                                        new Generation(context, length, sampling, draft, false));
                        String what =
                                "seed=%d %s %d tokens %s of %s draft %s"
                                        .formatted(
                                                seed,
                                                sampling,
                                                context.tokens().length,
                                                Arrays.toString(wanted.tokens()),
                                                length,
                                                Arrays.toString(draft));
                        assertThat(got.tokens()).as(what).isEqualTo(wanted.tokens());
                        assertThat(got.scores()).as(what).hasSameSizeAs(wanted.scores());
                        for (int t = 0; bits && t < got.scores().size(); t++) {
                            assertThat(Arrays.equals(got.scores().get(t), wanted.scores().get(t)))
                                    .as("%s, scores %d", what, t)
                                    .isTrue();
                        }
                        compared++;
                    }
                }
            }
        }
        assertThat(compared).isGreaterThan(CASES * 3 * LONGEST);
    }

    /** Right ones of every length, one token wrong at every position, and a wrong one. */
    private static List<int[]> drafts(Random random, int[] right, int most) {
        List<int[]> drafts = new ArrayList<>();
        for (int length = 0; length <= right.length; length++) {
            drafts.add(Arrays.copyOf(right, length));
        }
        for (int wrong = 0; wrong < right.length; wrong++) {
            int length = wrong + 1 + random.nextInt(right.length - wrong);
            int[] draft = Arrays.copyOf(right, length);
            draft[wrong] = (draft[wrong] + 1 + random.nextInt(VOCABULARY - 1)) % VOCABULARY;
            drafts.add(draft);
        }
        drafts.add(random.ints(most, 0, VOCABULARY).toArray());
        return drafts;
    }

    private static void changeDocument(OnnxLanguageModel model, Context context, Random random) {
        int other = (context.document() + 2 + random.nextInt(4)) % 5 - 1;
        Context changed = new Context(context.sequence(), other, context.tokens());
        Generations.generate(model, changed, 1 + random.nextInt(5), Sampling.GREEDY);
    }

    private static Context randomContext(Random random) {
        int[] tokens = random.ints(1 + random.nextInt(20), 0, VOCABULARY).toArray();
        return new Context("s", random.nextInt(5) - 1, tokens);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2-shared", "llama-shared", "opt-growing"})
    void aRightDraftIsOneRunOfItsTokensButTheLast(String name) {
        try (OnnxLanguageModel model = open(name, ModelOptions.defaults());
                OnnxLanguageModel reference = open(name, ModelOptions.defaults())) {
            int[] tokens = {50, 51, 52, 53, 54, 55};
            int[] first = Generations.generate(model, context(tokens), 4, Sampling.GREEDY);
            tokens = append(tokens, first);
            int[] next = Generations.generate(reference, context(tokens), 4, Sampling.GREEDY);

            KvCounters before = model.counters();
            Stride stride =
                    Generations.generate(
                            model,
                            new Generation(context(tokens), 4, Sampling.GREEDY, next, false));
            assertThat(stride.tokens()).isEqualTo(next);
            assertThat(model.counters().runs() - before.runs()).isEqualTo(1);
            assertThat(model.counters().runTokens() - before.runTokens()).isEqualTo(4);

            int[] wrong = next.clone();
            wrong[2] = (wrong[2] + 1) % 600;
            before = model.counters();
            stride =
                    Generations.generate(
                            model,
                            new Generation(context(tokens), 4, Sampling.GREEDY, wrong, false));
            assertThat(stride.tokens()).isEqualTo(next);
            // The draft's run gives three tokens, the third in place of the wrong one.
            assertThat(model.counters().runs() - before.runs()).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2-growing", "llama-growing"})
    void aDraftIsIgnoredWhereTheGraphScoresTheLastPositionOnly(String name) {
        try (OnnxLanguageModel model = open(name, ModelOptions.defaults())) {
            int[] tokens = {50, 51, 52, 53, 54, 55};
            int[] next = Generations.generate(model, context(tokens), 4, Sampling.GREEDY);
            KvCounters before = model.counters();
            Stride stride =
                    Generations.generate(
                            model,
                            new Generation(context(tokens), 4, Sampling.GREEDY, next, false));
            assertThat(stride.tokens()).isEqualTo(next);
            assertThat(model.counters().runs() - before.runs()).isEqualTo(4);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2-growing", "llama-growing"})
    void evenTheVeryFirstCallMayHaveADraft(String name) {
        int[] tokens = {50, 51, 52, 53, 54, 55};
        int[] next;
        try (OnnxLanguageModel model = open(name, ModelOptions.defaults())) {
            next = Generations.generate(model, context(tokens), 4, Sampling.GREEDY);
        }
        try (OnnxLanguageModel model = open(name, ModelOptions.defaults())) {
            Generation generation =
                    new Generation(context(tokens), 4, Sampling.GREEDY, next, false);
            assertThat(Generations.generate(model, generation).tokens()).isEqualTo(next);
        }
    }

    private static Context context(int[] tokens) {
        return new Context("s", 0, tokens);
    }

    private static int[] append(int[] first, int[] second) {
        int[] all = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, all, first.length, second.length);
        return all;
    }

    private static OnnxLanguageModel open(String name, ModelOptions options) {
        return OnnxLanguageModel.open(
                TestDirectories.resource("models/" + name), options, ListCatalog.expected());
    }
}
