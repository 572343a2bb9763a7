package io.ralmspec.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OnnxEncoderTest {
    private static OnnxEncoder encoder;

    @TempDir Path temp;

    @BeforeAll
    static void open() {
        encoder = OnnxEncoder.open(TestDirectories.resource("encoder"), 2);
    }

    @AfterAll
    static void close() {
        encoder.close();
    }

    @Test
    void givesTheVectorsOfPyTorchWithMeanPooling() {
        int compared = 0;
        for (JsonNode expected : TestDirectories.json("encoder/expected.json")) {
            float[] vector = encode(encoder, expected);
            compared += compare(vector, expected.get("mean"));
        }
        assertThat(compared).isEqualTo(10 * 64);
    }

    @Test
    void givesTheVectorsOfPyTorchWithClsPooling() {
        Path directory = TestDirectories.copy("encoder", temp.resolve("cls"));
        TestDirectories.write(
                directory.resolve("1_Pooling/config.json"),
                "{\"pooling_mode\": \"cls\", \"embedding_dimension\": 64}");
        try (OnnxEncoder cls = OnnxEncoder.open(directory, 1)) {
            for (JsonNode expected : TestDirectories.json("encoder/expected.json")) {
                compare(encode(cls, expected), expected.get("cls"));
            }
            assertThat(cls.fingerprint()).isNotEqualTo(encoder.fingerprint());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 8})
    void aVectorIsTheSameToTheBitAloneAndInAnyBatch(int threads) {
        long seed = Seeds.next();
        Random random = new Random(seed);
        List<String> texts = texts(random, 150);
        try (OnnxEncoder other = OnnxEncoder.open(TestDirectories.resource("encoder"), threads)) {
            float[][] whole = other.encodeDocuments(texts);
            for (int round = 0; round < 60; round++) {
                int from = random.nextInt(texts.size());
                int to = from + 1 + random.nextInt(Math.min(24, texts.size() - from));
                float[][] part = encoder.encodeDocuments(texts.subList(from, to));
                for (int i = from; i < to; i++) {
                    assertThat(part[i - from]).as("seed=%d text %d", seed, i).isEqualTo(whole[i]);
                }
            }
            for (int i = 0; i < texts.size(); i++) {
                float[][] alone = encoder.encodeDocuments(List.of(texts.get(i)));
                assertThat(alone[0]).as("seed=%d text %d", seed, i).isEqualTo(whole[i]);
            }
        }
    }

    @Test
    void vectorsHaveUnitLength() {
        for (float[] vector : encoder.encodeDocuments(texts(new Random(Seeds.next()), 20))) {
            double squares = 0;
            for (float x : vector) {
                squares += (double) x * x;
            }
            assertThat(squares).isCloseTo(1, within(1e-5));
        }
        assertThat(encoder.encodeDocuments(List.of())).isEmpty();
    }

    @Test
    void manyThreadsGetTheSameVectors() throws Exception {
        List<String> texts = texts(new Random(Seeds.next()), 40);
        List<float[]> alone = texts.stream().map(encoder::encode).toList();
        try (ExecutorService pool = Executors.newFixedThreadPool(4)) {
            List<Future<float[]>> vectors = new ArrayList<>();
            for (int round = 0; round < 5; round++) {
                for (String text : texts) {
                    vectors.add(pool.submit(() -> encoder.encode(text)));
                }
            }
            for (int i = 0; i < vectors.size(); i++) {
                assertThat(vectors.get(i).get()).isEqualTo(alone.get(i % texts.size()));
            }
        }
    }

    @Test
    void theFingerprintNamesWeightsTokenizerPoolingLengthAndPrefixes() {
        assertThat(encoder.fingerprint())
                .matches("[0-9a-f]{16}-[0-9a-f]{16}/mean/64/question: \\|passage: ");
        Path directory = TestDirectories.copy("encoder", temp.resolve("short"));
        TestDirectories.write(
                directory.resolve("sentence_bert_config.json"), "{\"max_seq_length\": 32}");
        try (OnnxEncoder shorter = OnnxEncoder.open(directory, 1)) {
            assertThat(shorter.fingerprint()).isNotEqualTo(encoder.fingerprint());
            assertThat(shorter.dimension()).isEqualTo(64);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "model.onnx",
                "tokenizer.json",
                "modules.json",
                "sentence_bert_config.json",
                "1_Pooling/config.json"
            })
    void aMissingFileIsNamed(String name) throws Exception {
        Path directory = TestDirectories.copy("encoder", temp.resolve("incomplete"));
        Files.delete(directory.resolve(name));
        assertThatThrownBy(() -> OnnxEncoder.open(directory, 1))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining("has no " + name);
    }

    @Test
    void aDirectoryThatCannotBeUsedSaysWhy() throws Exception {
        refuses("modules.json", "[{\"type\": \"models.Dense\"}]", "models.Dense");
        refuses("modules.json", "not json", "cannot be read as JSON");
        refuses("sentence_bert_config.json", "{}", "max_seq_length");
        refuses("1_Pooling/config.json", "{\"pooling_mode\": \"max\"}", "mean and cls");
        refuses("tokenizer.json", "{}", "Hugging Face tokenizer");
        refuses("model.onnx", "no graph", "cannot be loaded by ONNX Runtime");
        Path graph = temp.resolve("int8.onnx");
        byte[] name = "DynamicQuantizeLinear".getBytes();
        byte[] node = new byte[name.length + 2];
        node[0] = 0x22;
        node[1] = (byte) name.length;
        System.arraycopy(name, 0, node, 2, name.length);
        Files.write(graph, node);
        refuses("model.onnx", Files.readString(graph), "DynamicQuantizeLinear");
    }

    @Test
    void withoutNormalizeOnlyCosineSimilarityIsTaken() {
        Path directory = TestDirectories.copy("encoder", temp.resolve("raw"));
        TestDirectories.write(
                directory.resolve("modules.json"),
                "[{\"type\": \"models.Transformer\"}, {\"type\": \"models.Pooling\"}]");
        try (OnnxEncoder cosine = OnnxEncoder.open(directory, 1)) {
            assertThat(cosine.encode("stone")).isEqualTo(encoder.encode("stone"));
        }
        TestDirectories.write(
                directory.resolve("config_sentence_transformers.json"),
                "{\"similarity_fn_name\": \"dot\"}");
        assertThatThrownBy(() -> OnnxEncoder.open(directory, 1))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining("compares by `dot`");
    }

    private void refuses(String file, String content, String message) {
        Path directory = TestDirectories.copy("encoder", temp.resolve("bad" + System.nanoTime()));
        TestDirectories.write(directory.resolve(file), content);
        assertThatThrownBy(() -> OnnxEncoder.open(directory, 1))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining(message);
    }

    private static float[] encode(OnnxEncoder encoder, JsonNode expected) {
        String text = expected.get("text").asText();
        return expected.get("kind").asText().equals("query")
                ? encoder.encode(text)
                : encoder.encodeDocuments(List.of(text))[0];
    }

    private static int compare(float[] vector, JsonNode expected) {
        assertThat(vector).hasSize(expected.size());
        for (int d = 0; d < vector.length; d++) {
            assertThat(vector[d])
                    .as("dimension %d", d)
                    .isCloseTo((float) expected.get(d).asDouble(), within(2e-6f));
        }
        return vector.length;
    }

    private static List<String> texts(Random random, int count) {
        String[] words = {
            "river", "stone", "of", "the", "é", "engine", "Question", "17", "zz", "—"
        };
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            StringBuilder text = new StringBuilder();
            for (int w = random.nextInt(70); w > 0; w--) {
                text.append(words[random.nextInt(words.length)]).append(' ');
            }
            texts.add(text.toString());
        }
        return texts;
    }
}
