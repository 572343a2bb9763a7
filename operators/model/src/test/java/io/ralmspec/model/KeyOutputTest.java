package io.ralmspec.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeyOutputTest {
    @TempDir Path directory;

    /** The model as it was exported, before the output was added to the committed file. */
    private Path exported(String name, String value) throws IOException {
        Path model = TestDirectories.copy("models/" + name, directory.resolve(name));
        Path graph = model.resolve("model.onnx");
        byte[] bytes = Files.readAllBytes(graph);
        byte[] addition = KeyOutput.addition(value);
        int end = bytes.length - addition.length;
        assertThat(Arrays.copyOfRange(bytes, end, bytes.length)).isEqualTo(addition);
        Files.write(graph, Arrays.copyOf(bytes, end));
        return model;
    }

    @ParameterizedTest
    @CsvSource({
        "gpt2-growing, /model/transformer/h.1/ln_2/LayerNormalization_output_0",
        "gpt2-shared, LayerNormalization_30",
        "opt-growing, /model/decoder/layers.1/final_layer_norm/LayerNormalization_output_0",
        "llama-growing, /model/model/layers.1/post_attention_layernorm/Mul_1_output_0",
        "llama-shared, SimplifiedLayerNormalization_25",
    })
    void findsTheInputOfTheLastFeedForwardNetworkAndAddsItOnce(String name, String value)
            throws IOException {
        Path model = exported(name, value);
        ModelOptions options = new ModelOptions(1, 0, 0, 0, Device.CPU, 1);
        assertThatThrownBy(() -> OnnxKeyedLanguageModel.open(model, options))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining("model.onnx has no output knn_key, which KNN-LM needs")
                .hasMessageEndingWith("add it with `ralmspec key-output --model " + model + "`");

        assertThat(KeyOutput.add(model)).isTrue();
        Path committed = TestDirectories.resource("models/" + name).resolve("model.onnx");
        assertThat(model.resolve("model.onnx")).hasSameBinaryContentAs(committed);
        assertThat(KeyOutput.add(model.resolve("model.onnx"))).isFalse();
        assertThat(model.resolve("model.onnx")).hasSameBinaryContentAs(committed);
        try (OnnxKeyedLanguageModel opened = OnnxKeyedLanguageModel.open(model, options)) {
            assertThat(opened.dimension()).isEqualTo(64);
        }
        try (var files = Files.list(model)) {
            assertThat(files).hasSize(3);
        }
    }

    @Test
    void refusesGraphsThatAreNoDecodersAndLeavesThemAsTheyAre() throws IOException {
        Path encoder = TestDirectories.copy("encoder", directory.resolve("encoder"));
        assertThatThrownBy(() -> KeyOutput.add(encoder))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining("has no output logits: only language models can have keys");
        assertThat(encoder.resolve("model.onnx"))
                .hasSameBinaryContentAs(TestDirectories.resource("encoder").resolve("model.onnx"));
        Path text = Files.writeString(directory.resolve("text.onnx"), "this is no graph at all");
        assertThatThrownBy(() -> KeyOutput.add(text))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining("damaged");
        assertThatThrownBy(() -> KeyOutput.add(directory.resolve("none")))
                .hasMessageContaining("does not exist");
    }
}
