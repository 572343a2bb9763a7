package io.ralmspec.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A language model's directory, read and checked before anything is loaded: {@code model.onnx},
 * {@code tokenizer.json}, {@code config.json} and, where there, {@code generation_config.json} and
 * {@code tokenizer_config.json}, with Hugging Face's names in them.
 *
 * @param sharedKv the graph attends with GroupQueryAttention, so its keys and values can stay in
 *     place; otherwise they grow with every run
 * @param contextLength positions the model has
 * @param heads attention heads
 * @param beginToken put before everything, or null to ask the tokenizer's template
 * @param endTokens tokens that end a text; possibly none
 */
public record ModelDirectory(
        Path graph,
        Path tokenizer,
        boolean sharedKv,
        int contextLength,
        int heads,
        @Nullable BeginToken beginToken,
        List<Integer> endTokens) {
    private static final Map<String, String> REQUIRED =
            Map.of(
                    "model.onnx", "export the model to ONNX with its keys and values as inputs",
                    "tokenizer.json", "export the model with its tokenizer",
                    "config.json", "copy it from the model's Hugging Face directory");

    private static final String SHARED = "GroupQueryAttention";

    private static final Set<String> QUANTISED =
            Set.of(
                    "DynamicQuantizeLinear",
                    "DynamicQuantizeMatMul",
                    "DynamicQuantizeLSTM",
                    "MatMulInteger",
                    "MatMulIntegerToFloat",
                    "QAttention");

    /**
     * What configuration files say of the begin-of-sequence token.
     *
     * @param tokens it, or none
     */
    public record BeginToken(List<Integer> tokens) {
        public BeginToken {
            tokens = List.copyOf(tokens);
        }
    }

    public ModelDirectory {
        endTokens = List.copyOf(endTokens);
    }

    /**
     * @throws InvalidModelException if a file is missing, unreadable or of an unsupported kind
     */
    public static ModelDirectory read(Path directory) {
        for (String name : List.of("model.onnx", "tokenizer.json", "config.json")) {
            if (!Files.isRegularFile(directory.resolve(name))) {
                throw new InvalidModelException(
                        "model directory %s has no %s: %s"
                                .formatted(directory, name, REQUIRED.get(name)));
            }
        }
        Path graph = directory.resolve("model.onnx");
        Path tokenizer = directory.resolve("tokenizer.json");
        Path configFile = directory.resolve("config.json");
        JsonNode config = JsonFiles.read(configFile);
        int context = number(config, configFile, "max_position_embeddings", "n_positions");
        int heads = number(config, configFile, "num_attention_heads", "n_head");
        Set<String> operators = operators(graph);
        return new ModelDirectory(
                graph,
                tokenizer,
                operators.contains(SHARED),
                context,
                heads,
                beginToken(directory, config, tokenizer),
                endTokens(directory, config));
    }

    private static Set<String> operators(Path graph) {
        Set<String> names = new java.util.TreeSet<>(QUANTISED);
        names.add(SHARED);
        Set<String> found;
        try {
            found = GraphOperators.find(graph, names);
        } catch (IOException e) {
            throw new InvalidModelException("%s cannot be read: %s".formatted(graph, e), e);
        }
        List<String> quantised = found.stream().filter(QUANTISED::contains).toList();
        if (!quantised.isEmpty()) {
            throw new InvalidModelException(
                    "%s is dynamically quantised (it has %s): its tokens would depend on how a text is split into runs; use fp32 or weight-only quantisation (MatMulNBits)"
                            .formatted(graph, String.join(", ", quantised)));
        }
        return found;
    }

    /**
     * An explicit {@code add_bos_token} decides; else the tokenizer's template, if it has one; else
     * the model's own begin-of-sequence token.
     */
    private static @Nullable BeginToken beginToken(
            Path directory, JsonNode config, Path tokenizer) {
        JsonNode id = config.path("bos_token_id");
        BeginToken own = new BeginToken(id.isInt() ? List.of(id.asInt()) : List.of());
        JsonNode explicit =
                JsonFiles.readIfPresent(directory.resolve("tokenizer_config.json"))
                        .map(json -> json.path("add_bos_token"))
                        .orElse(config.path("add_bos_token"));
        if (explicit.isBoolean()) {
            return explicit.asBoolean() ? own : new BeginToken(List.of());
        }
        JsonNode template = JsonFiles.read(tokenizer).path("post_processor");
        return template.isMissingNode() || template.isNull() ? own : null;
    }

    private static List<Integer> endTokens(Path directory, JsonNode config) {
        JsonNode end =
                JsonFiles.readIfPresent(directory.resolve("generation_config.json"))
                        .map(json -> json.path("eos_token_id"))
                        .filter(json -> !json.isMissingNode() && !json.isNull())
                        .orElse(config.path("eos_token_id"));
        if (end.isInt()) {
            return List.of(end.asInt());
        }
        List<Integer> tokens = new ArrayList<>();
        IntStream.range(0, end.size()).forEach(i -> tokens.add(end.get(i).asInt()));
        return tokens;
    }

    private static int number(JsonNode config, Path file, String name, String other) {
        JsonNode value = config.path(config.has(name) ? name : other);
        if (!value.isInt() || value.asInt() < 1) {
            throw new InvalidModelException(
                    "%s has neither `%s` nor `%s` as a number >= 1 (got %s)"
                            .formatted(file, name, other, value.isMissingNode() ? "none" : value));
        }
        return value.asInt();
    }
}
