package io.ralmspec.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * An encoder's directory in sentence-transformers' layout, read and checked.
 *
 * @param maxTokens longer texts are cut to this many tokens, special tokens included
 * @param queryPrefix put before every query, possibly empty
 * @param documentPrefix put before every document, possibly empty
 * @param fingerprint names everything that vectors depend on
 */
record EncoderDirectory(
        Path graph,
        Path tokenizer,
        Pooling pooling,
        int maxTokens,
        String queryPrefix,
        String documentPrefix,
        String fingerprint) {
    private static final List<String> REQUIRED =
            List.of(
                    "model.onnx",
                    "tokenizer.json",
                    "modules.json",
                    "sentence_bert_config.json",
                    "1_Pooling/config.json");

    private static final Set<String> QUANTISED =
            Set.of(
                    "DynamicQuantizeLinear",
                    "DynamicQuantizeMatMul",
                    "MatMulInteger",
                    "MatMulIntegerToFloat",
                    "MatMulNBits",
                    "QAttention",
                    "QGemm",
                    "QLinearMatMul",
                    "QuantizeLinear",
                    "DequantizeLinear");

    /** How token vectors become one text vector. */
    enum Pooling {
        MEAN,
        CLS
    }

    static EncoderDirectory read(Path directory) {
        for (String name : REQUIRED) {
            if (!Files.isRegularFile(directory.resolve(name))) {
                throw new InvalidModelException(
                        "encoder directory %s has no %s: export the encoder in sentence-transformers' layout"
                                .formatted(directory, name));
            }
        }
        Path graph = directory.resolve("model.onnx");
        Path tokenizer = directory.resolve("tokenizer.json");
        refuseQuantised(graph);
        boolean declaredUnit = normalises(directory);
        JsonNode own =
                JsonFiles.readIfPresent(directory.resolve("config_sentence_transformers.json"))
                        .orElseGet(com.fasterxml.jackson.databind.node.MissingNode::getInstance);
        String similarity = own.path("similarity_fn_name").asText("cosine");
        if (!declaredUnit && !similarity.equals("cosine") && !similarity.equals("null")) {
            throw new InvalidModelException(
                    "encoder directory %s compares by `%s` and has no Normalize module: its vectors are not of unit length, which the knowledge base needs; use an encoder made for cosine similarity"
                            .formatted(directory, similarity));
        }
        Pooling pooling = pooling(directory.resolve("1_Pooling/config.json"));
        int maxTokens = maxTokens(directory.resolve("sentence_bert_config.json"));
        JsonNode prompts = own.path("prompts");
        String query = prompts.path("query").asText("");
        String document = prompts.path("document").asText(prompts.path("passage").asText(""));
        String fingerprint =
                "%s-%s/%s/%d/%s|%s"
                        .formatted(
                                sha256(graph),
                                sha256(tokenizer),
                                pooling.name().toLowerCase(Locale.ROOT),
                                maxTokens,
                                query,
                                document);
        return new EncoderDirectory(
                graph, tokenizer, pooling, maxTokens, query, document, fingerprint);
    }

    private static void refuseQuantised(Path graph) {
        Set<String> found;
        try {
            found = GraphOperators.find(graph, QUANTISED);
        } catch (IOException e) {
            throw new InvalidModelException("%s cannot be read: %s".formatted(graph, e), e);
        }
        if (!found.isEmpty()) {
            throw new InvalidModelException(
                    "%s is quantised (it has %s): its vectors would depend on what else is in a batch; use the fp32 export"
                            .formatted(graph, String.join(", ", found)));
        }
    }

    /** Whether the vectors are declared to have unit length. */
    private static boolean normalises(Path directory) {
        boolean normalises = false;
        for (JsonNode module : JsonFiles.read(directory.resolve("modules.json"))) {
            String type = module.path("type").asText();
            switch (type.substring(type.lastIndexOf('.') + 1)) {
                case "Transformer", "Pooling" -> {}
                case "Normalize" -> normalises = true;
                default ->
                        throw new InvalidModelException(
                                "encoder directory %s has a module `%s` in modules.json: only Transformer, Pooling and Normalize are supported"
                                        .formatted(directory, type));
            }
        }
        return normalises;
    }

    private static Pooling pooling(Path file) {
        JsonNode config = JsonFiles.read(file);
        if (!config.path("include_prompt").asBoolean(true)) {
            throw new InvalidModelException(
                    "%s has include_prompt false, which is not supported".formatted(file));
        }
        boolean mean =
                config.path("pooling_mode_mean_tokens").asBoolean(false)
                        || config.path("pooling_mode").asText().equals("mean");
        boolean cls =
                config.path("pooling_mode_cls_token").asBoolean(false)
                        || config.path("pooling_mode").asText().equals("cls");
        if (mean == cls) {
            throw new InvalidModelException(
                    "%s must switch on exactly one of mean and cls pooling".formatted(file));
        }
        return mean ? Pooling.MEAN : Pooling.CLS;
    }

    private static int maxTokens(Path file) {
        JsonNode value = JsonFiles.read(file).path("max_seq_length");
        if (!value.isInt() || value.asInt() < 3) {
            throw new InvalidModelException(
                    "`max_seq_length` in %s must be a number >= 3 (got %s)".formatted(file, value));
        }
        return value.asInt();
    }

    /** The first 16 hexadecimal digits. */
    private static String sha256(Path file) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
                in.transferTo(java.io.OutputStream.nullOutputStream());
            }
            return HexFormat.of().formatHex(digest.digest(), 0, 8);
        } catch (IOException e) {
            throw new InvalidModelException("%s cannot be read: %s".formatted(file, e), e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
