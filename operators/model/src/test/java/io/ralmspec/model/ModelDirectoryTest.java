package io.ralmspec.model;

import static io.ralmspec.model.Generations.generate;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ralmspec.decoding.Context;
import io.ralmspec.decoding.Sampling;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelDirectoryTest {
    @TempDir Path temp;

    private Path directory;

    @BeforeEach
    void copy() {
        directory = TestDirectories.copy("models/llama-growing", temp.resolve("model"));
    }

    @ParameterizedTest
    @CsvSource({
        "model.onnx, export the model to ONNX",
        "tokenizer.json, export the model with its tokenizer",
        "config.json, copy it from",
    })
    void aMissingFileIsNamedWithTheRemedy(String file, String remedy) throws Exception {
        Files.delete(directory.resolve(file));
        assertThatThrownBy(this::open)
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining("model directory " + directory + " has no " + file)
                .hasMessageContaining(remedy);
    }

    @ParameterizedTest
    @ValueSource(strings = {"DynamicQuantizeLinear", "MatMulInteger", "MatMulIntegerToFloat"})
    void aDynamicallyQuantisedGraphIsRefusedByName(String operator) throws Exception {
        appendOperator(directory.resolve("model.onnx"), operator);
        assertThatThrownBy(this::open)
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining("dynamically quantised (it has " + operator + ")");
    }

    @Test
    void brokenFilesAreNamed() {
        refuses("config.json", "{", "config.json cannot be read as JSON");
        refuses("config.json", "{\"num_attention_heads\": 4}", "max_position_embeddings");
        refuses("config.json", "{\"n_positions\": 9, \"n_head\": 0}", "`num_attention_heads`");
        refuses("tokenizer.json", "{\"model\": 1}", "Hugging Face tokenizer");
        refuses("model.onnx", "not a graph", "cannot be loaded by ONNX Runtime");
    }

    @Test
    void aGraphThatIsNoLanguageModelWithKeysAndValuesIsRefused() throws Exception {
        Files.copy(
                TestDirectories.resource("encoder/model.onnx"),
                directory.resolve("model.onnx"),
                java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        assertThatThrownBy(this::open)
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining("has no input past_key_values.0.key");
    }

    @Test
    void anUnknownInputIsNamed() throws Exception {
        rename("position_ids", "cache_branch");
        assertThatThrownBy(this::open)
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining("has an input `cache_branch`");
    }

    @Test
    void aMissingOutputIsNamed() throws Exception {
        rename("present.1.value", "present.1.velue");
        assertThatThrownBy(this::open)
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining("has no output present.1.value");
    }

    @ParameterizedTest
    @CsvSource({
        "gpt2-shared, true",
        "llama-shared, true",
        "gpt2-growing, false",
        "opt-growing, false",
        "llama-growing, false"
    })
    void theGraphKindIsSeenFromItsOperators(String name, boolean shared) {
        ModelDirectory read = ModelDirectory.read(TestDirectories.resource("models/" + name));
        assertThat(read.sharedKv()).isEqualTo(shared);
        assertThat(read.contextLength()).isEqualTo(192);
        assertThat(read.heads()).isEqualTo(4);
    }

    @Test
    void theBeginTokenComesFromAnExplicitSettingThenTheTemplateThenTheModel() {
        assertThat(ModelDirectory.read(directory).beginToken()).isNull();
        TestDirectories.write(
                directory.resolve("tokenizer_config.json"), "{\"add_bos_token\": false}");
        assertThat(begin()).isEmpty();
        TestDirectories.write(
                directory.resolve("tokenizer_config.json"), "{\"add_bos_token\": true}");
        assertThat(begin()).containsExactly(1);
        TestDirectories.write(
                directory.resolve("tokenizer_config.json"), "{\"model_max_length\": 5}");
        assertThat(ModelDirectory.read(directory).beginToken()).isNull();
        TestDirectories.write(directory.resolve("tokenizer.json"), "{\"post_processor\": null}");
        assertThat(begin()).containsExactly(1);
    }

    @Test
    void theBeginTokenIsTheFirstThatTheModelSees() {
        int[] prompt = {300, 301};
        int[] withBegin = {1, 300, 301};
        int[] expected;
        try (OnnxLanguageModel model = open()) {
            expected = generate(model, new Context("s", -1, prompt), 6, Sampling.GREEDY);
        }
        TestDirectories.write(
                directory.resolve("tokenizer_config.json"), "{\"add_bos_token\": false}");
        try (OnnxLanguageModel model = open()) {
            assertThat(generate(model, new Context("s", -1, withBegin), 6, Sampling.GREEDY))
                    .isEqualTo(expected);
        }
    }

    @Test
    void endTokensAreReadFromTheGenerationConfigFirst() {
        assertThat(ModelDirectory.read(directory).endTokens()).containsExactly(2);
        TestDirectories.write(
                directory.resolve("generation_config.json"), "{\"eos_token_id\": [5, 6]}");
        assertThat(ModelDirectory.read(directory).endTokens()).containsExactly(5, 6);
        TestDirectories.write(directory.resolve("generation_config.json"), "{}");
        assertThat(ModelDirectory.read(directory).endTokens()).containsExactly(2);
    }

    private OnnxLanguageModel open() {
        return OnnxLanguageModel.open(
                directory, new ModelOptions(1, 0, 0, 0, Device.CPU, 1), ListCatalog.expected());
    }

    private List<Integer> begin() {
        return Objects.requireNonNull(ModelDirectory.read(directory).beginToken()).tokens();
    }

    private void refuses(String file, String content, String message) {
        Path bad =
                TestDirectories.copy("models/llama-growing", temp.resolve("b" + System.nanoTime()));
        TestDirectories.write(bad.resolve(file), content);
        directory = bad;
        assertThatThrownBy(this::open)
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining(message);
    }

    /** Adds a node without inputs or outputs; a protobuf may be continued at its end. */
    private static void appendOperator(Path graph, String operator) throws Exception {
        byte[] name = operator.getBytes(StandardCharsets.US_ASCII);
        byte[] all = Files.readAllBytes(graph);
        byte[] longer = java.util.Arrays.copyOf(all, all.length + name.length + 2);
        longer[all.length] = 0x22;
        longer[all.length + 1] = (byte) name.length;
        System.arraycopy(name, 0, longer, all.length + 2, name.length);
        Files.write(graph, longer);
    }

    /** Replaces a name by one of the same length everywhere in the graph. */
    private void rename(String from, String to) throws Exception {
        assertThat(to).hasSameSizeAs(from);
        Path graph = directory.resolve("model.onnx");
        String bytes = new String(Files.readAllBytes(graph), StandardCharsets.ISO_8859_1);
        assertThat(bytes).contains(from);
        Files.write(graph, bytes.replace(from, to).getBytes(StandardCharsets.ISO_8859_1));
    }
}
