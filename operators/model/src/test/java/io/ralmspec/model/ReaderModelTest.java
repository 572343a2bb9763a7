package io.ralmspec.model;

import static io.ralmspec.model.Generations.generate;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OrtException;
import com.fasterxml.jackson.databind.JsonNode;
import io.ralmspec.decoding.Context;
import io.ralmspec.decoding.Generation;
import io.ralmspec.decoding.Sampling;
import io.ralmspec.decoding.Stride;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The default model against what PyTorch and the tokenizers library say of it: {@code
 * training/expected.py} wrote that down.
 */
class ReaderModelTest {
    private static final Path DIRECTORY = Path.of("reader");
    private static final JsonNode EXPECTED = TestDirectories.json("reader-expected.json");
    private static final int VOCABULARY = 8192;
    private static final int CONTEXT = 512;
    private static final double LOGIT_TOLERANCE = 1e-2;

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void writesTheTokensThatPyTorchWrites(int threads) throws OrtException {
        try (SharedKvRunner runner = runner(threads)) {
            for (JsonNode story : EXPECTED.path("greedy")) {
                int[] ids = ints(story.path("ids"));
                int[] tokens = ints(story.path("tokens"));
                int[] all = Arrays.copyOf(ids, ids.length + tokens.length);

                float[] logits = runner.run(ids, 0);
                for (int i = 0; i < story.path("first_logits").size(); i++) {
                    assertThat((double) logits[i])
                            .isCloseTo(
                                    story.path("first_logits").path(i).doubleValue(),
                                    within(LOGIT_TOLERANCE));
                }
                for (int at = ids.length; at < all.length; at++) {
                    all[at] = SharedKvRunner.best(logits);
                    logits = runner.run(new int[] {all[at - 1], all[at]}, at - 1);
                }
                assertThat(Arrays.copyOfRange(all, ids.length, all.length)).isEqualTo(tokens);
            }
        }
    }

    @Test
    void writesTheSameTokensThroughTheProduct() {
        try (OnnxLanguageModel model = open(ModelOptions.defaults())) {
            assertThat(model.profile().contextLength()).isEqualTo(CONTEXT);
            assertThat(model.profile().endTokens()).containsExactly(2);
            for (JsonNode story : EXPECTED.path("greedy")) {
                int[] prompt = ints(story.path("prompt_ids"));
                int[] tokens = ints(story.path("tokens"));
                int[] all = prompt;
                while (all.length < prompt.length + tokens.length) {
                    Context context = new Context("story", story.path("document").intValue(), all);
                    int wanted = Math.min(4, prompt.length + tokens.length - all.length);
                    int[] stride = generate(model, context, wanted, Sampling.GREEDY);
                    all = IntStream.concat(IntStream.of(all), IntStream.of(stride)).toArray();
                }

                assertThat(Arrays.copyOfRange(all, prompt.length, all.length)).isEqualTo(tokens);
            }
        }
    }

    /**
     * The exactness recipe: a step that feeds the last two tokens again has the bits of a prefill.
     */
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void aTwoTokenStepHasTheBitsOfOnePrefill(int threads) throws OrtException {
        long seed = Seeds.next();
        int[] tokens = randomTokens(seed, CONTEXT);
        try (SharedKvRunner steps = runner(threads);
                SharedKvRunner prefill = runner(threads)) {
            steps.run(Arrays.copyOf(tokens, 3), 0);
            for (int length = 4; length <= tokens.length; length++) {
                float[] step =
                        steps.run(Arrays.copyOfRange(tokens, length - 2, length), length - 2);
                if (length < 20 || length % 31 == 0 || length == tokens.length) {
                    assertThat(step)
                            .as("seed=%d length=%d", seed, length)
                            .isEqualTo(prefill.run(Arrays.copyOf(tokens, length), 0));
                }
            }
        }
    }

    /** Scores do not depend on how many positions get some: a draft's are those of single steps. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void eachPositionOfALongerRunHasTheBitsOfItsTwoTokenStep(int threads) throws OrtException {
        long seed = Seeds.next();
        int[] tokens = randomTokens(seed, 200);
        try (SharedKvRunner steps = runner(threads);
                SharedKvRunner chunks = runner(threads)) {
            steps.run(Arrays.copyOf(tokens, 10), 0);
            chunks.run(Arrays.copyOf(tokens, 10), 0);
            int at = 10;
            for (int kept = 2; at + kept <= tokens.length; kept = kept % 20 + 2) {
                int start = at - 1;
                List<float[]> rows =
                        chunks.run(Arrays.copyOfRange(tokens, start, start + kept), start, kept);
                for (int i = 1; i < kept; i++) {
                    int last = start + i;
                    float[] step =
                            steps.run(Arrays.copyOfRange(tokens, last - 1, last + 1), last - 1);
                    assertThat(Arrays.equals(rows.get(i), step))
                            .as("seed=%d position %d of %d", seed, i, kept)
                            .isTrue();
                }
                at = start + kept;
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void aDraftChangesNeitherTokensNorConfidence(int threads) {
        long seed = Seeds.next();
        Random random = new Random(seed);
        ModelOptions options = new ModelOptions(threads, 0, 1 << 26, 1 << 26, Device.CPU, 1);
        try (OnnxLanguageModel plain = open(options);
                OnnxLanguageModel drafted = open(options)) {
            for (JsonNode story : EXPECTED.path("greedy")) {
                int[] all = ints(story.path("prompt_ids"));
                for (int stride = 0; stride < 12; stride++) {
                    Context context = new Context("story", random.nextInt(2) - 1, all);
                    Stride wanted = stride(plain, context, new int[0]);
                    int[] draft = Arrays.copyOf(wanted.tokens(), 1 + random.nextInt(4));
                    if (random.nextBoolean()) {
                        draft[random.nextInt(draft.length)] = 3 + random.nextInt(VOCABULARY - 3);
                    }
                    Stride got = stride(drafted, context, draft);

                    assertThat(got.tokens()).as("seed=%d", seed).isEqualTo(wanted.tokens());
                    assertThat(got.confidence())
                            .as("seed=%d", seed)
                            .isEqualTo(wanted.confidence())
                            .isPositive();
                    all = IntStream.concat(IntStream.of(all), IntStream.of(got.tokens())).toArray();
                }
            }
        }
    }

    @Test
    void aRollbackLeavesNoTrace() throws OrtException {
        long seed = Seeds.next();
        int[] tokens = randomTokens(seed, 120);
        int[] other = randomTokens(seed + 1, 100);
        try (SharedKvRunner runner = runner(2)) {
            float[] first = runner.run(tokens, 0);
            runner.run(other, 50);
            float[] again = runner.run(Arrays.copyOfRange(tokens, 50, 120), 50);

            assertThat(again).as("seed=%d", seed).isEqualTo(first);
        }
    }

    @Test
    void tokenizesAndSpellsAsTheTokenizersLibraryDoes() {
        try (FileTokenizer tokenizer = FileTokenizer.open(DIRECTORY)) {
            for (JsonNode sample : EXPECTED.path("texts")) {
                String text = sample.path("text").textValue();
                int[] ids = ints(sample.path("ids"));

                assertThat(tokenizer.encode(text)).as(text).isEqualTo(ids);
                assertThat(tokenizer.decode(ids)).isEqualTo(sample.path("decoded").textValue());
            }
        }
    }

    private static Stride stride(OnnxLanguageModel model, Context context, int[] draft) {
        return generate(model, new Generation(context, 4, Sampling.GREEDY, draft, true));
    }

    private static OnnxLanguageModel open(ModelOptions options) {
        JsonNode document = EXPECTED.path("document");
        return OnnxLanguageModel.open(
                DIRECTORY,
                options,
                new ListCatalog(
                        List.of(document.path("title").textValue()),
                        List.of(document.path("text").textValue())));
    }

    private static SharedKvRunner runner(int threads) throws OrtException {
        return new SharedKvRunner(DIRECTORY.resolve("model.onnx"), threads);
    }

    private static int[] ints(JsonNode array) {
        return IntStream.range(0, array.size()).map(i -> array.path(i).intValue()).toArray();
    }

    private static int[] randomTokens(long seed, int count) {
        return new Random(seed).ints(count, 3, VOCABULARY).toArray();
    }
}
