package io.ralmspec.model;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.nio.file.Path;
import java.util.Map;

/**
 * Opens a Hugging Face {@code tokenizer.json} with DJL, with none of DJL's defaults left to act.
 */
final class TokenizerFile {
    /** The file's own truncation and padding, and DJL's (512 tokens), are all switched off. */
    private static final Map<String, String> PLAIN =
            Map.of("addSpecialTokens", "false", "truncation", "false", "padding", "false");

    private TokenizerFile() {}

    static HuggingFaceTokenizer open(Path file) {
        return open(file, PLAIN);
    }

    /**
     * Special tokens as the file's template has them; longer texts are cut to {@code maxTokens}.
     */
    static HuggingFaceTokenizer open(Path file, int maxTokens) {
        String limit = Integer.toString(maxTokens);
        return open(
                file,
                Map.of(
                        "addSpecialTokens",
                        "true",
                        "truncation",
                        "true",
                        "maxLength",
                        limit,
                        "modelMaxLength",
                        limit,
                        "padding",
                        "false"));
    }

    private static HuggingFaceTokenizer open(Path file, Map<String, String> options) {
        // DJL reports each use to its makers unless told not to.
        System.setProperty("OPT_OUT_TRACKING", "true");
        // DJL looks for its native library through the thread's class loader; in Flink that is not
        // always the one that loaded DJL.
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(HuggingFaceTokenizer.class.getClassLoader());
        try {
            return HuggingFaceTokenizer.newInstance(file, options);
        } catch (Exception e) {
            throw new InvalidModelException(
                    "%s cannot be read as a Hugging Face tokenizer: %s"
                            .formatted(file, e.getMessage()),
                    e);
        } finally {
            thread.setContextClassLoader(before);
        }
    }
}
