package io.ralmspec.model;

import static io.ralmspec.model.Generations.generate;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.ralmspec.decoding.Context;
import io.ralmspec.decoding.Sampling;
import java.util.Arrays;
import java.util.Iterator;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The same greedy tokens as Hugging Face transformers, by PyTorch (src/test/python). */
class TransformersEqualityTest {
    private static final JsonNode EXPECTED = TestDirectories.json("models/expected.json");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "gpt2-growing",
                "gpt2-shared",
                "opt-growing",
                "llama-growing",
                "llama-shared"
            })
    void tokenizesAsTransformersDoes(String name) {
        try (OnnxLanguageModel model = open(name)) {
            for (JsonNode prompt : family(name).get("prompts")) {
                String text = prompt.get("text").asText();
                int[] tokens = ints(prompt.get("tokens"));
                assertThat(model.tokenizer().encode(text)).isEqualTo(tokens);
                assertThat(model.tokenizer().decode(tokens))
                        .isEqualTo(prompt.get("decoded").asText());
            }
            for (JsonNode expected : family(name).get("fixed")) {
                assertThat(model.tokenizer().decode(ints(expected.get("tokens"))))
                        .isEqualTo(expected.get("text").asText());
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
    void generatesTheSameTokensInOneCallAndInStrides(String name) {
        try (OnnxLanguageModel model = open(name)) {
            int compared = 0;
            for (JsonNode expected : family(name).get("fixed")) {
                int[] prompt = ints(expected.get("prompt"));
                int[] tokens = ints(expected.get("tokens"));
                int document = expected.get("document").asInt();
                assertThat(tokens).hasSize(36);
                Context context = new Context("whole", document, prompt);
                assertThat(generate(model, context, tokens.length, Sampling.GREEDY))
                        .as("%s document %d", name, document)
                        .isEqualTo(tokens);
                int[] strides =
                        strides(model, prompt, IntStream.generate(() -> document).iterator(), 9);
                assertThat(strides).as("%s document %d", name, document).isEqualTo(tokens);
                compared += tokens.length;
            }
            assertThat(compared).isEqualTo(4 * 5 * 36);
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
    void generatesTheSameTokensWhenTheDocumentChangesBetweenStrides(String name) {
        int[] documents = ints(EXPECTED.get("switches"));
        try (OnnxLanguageModel model = open(name)) {
            for (JsonNode expected : family(name).get("switching")) {
                int[] tokens =
                        strides(
                                model,
                                ints(expected.get("prompt")),
                                Arrays.stream(documents).iterator(),
                                documents.length);
                assertThat(tokens).isEqualTo(ints(expected.get("tokens")));
            }
            assertThat(model.counters().documentMisses()).isEqualTo(4);
            assertThat(model.counters().documentHits()).isPositive();
        }
    }

    private static int[] strides(
            OnnxLanguageModel model, int[] prompt, Iterator<Integer> documents, int count) {
        int[] tokens = prompt;
        for (int stride = 0; stride < count; stride++) {
            Context context = new Context("strides", documents.next(), tokens);
            int[] next = generate(model, context, 4, Sampling.GREEDY);
            tokens = IntStream.concat(Arrays.stream(tokens), Arrays.stream(next)).toArray();
        }
        return Arrays.copyOfRange(tokens, prompt.length, tokens.length);
    }

    private static OnnxLanguageModel open(String name) {
        return OnnxLanguageModel.open(
                TestDirectories.resource("models/" + name),
                new ModelOptions(2, 0, 1 << 20, 1 << 20, Device.CPU, 1),
                ListCatalog.expected());
    }

    private static JsonNode family(String name) {
        return EXPECTED.get(name.substring(0, name.indexOf('-')));
    }

    private static int[] ints(JsonNode array) {
        return IntStream.range(0, array.size()).map(i -> array.get(i).asInt()).toArray();
    }
}
