package io.ralmspec.model;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import io.ralmspec.decoding.Tokenizer;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * The tokenizer of a model directory's {@code tokenizer.json}. No special tokens are added, nothing
 * is truncated or padded. Decoding leaves special tokens out and does not tidy spaces, so
 * byte-level text comes back as it was.
 */
public final class FileTokenizer implements Tokenizer, AutoCloseable {
    private final HuggingFaceTokenizer tokenizer;

    private FileTokenizer(HuggingFaceTokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    /**
     * @param file {@code tokenizer.json}, or the directory that has it
     * @throws InvalidModelException if it is missing or not a tokenizer
     */
    public static FileTokenizer open(Path file) {
        return new FileTokenizer(TokenizerFile.open(JsonFiles.inDirectory(file, "tokenizer.json")));
    }

    @Override
    public int[] encode(String text) {
        return encode(text, false);
    }

    @Override
    public String decode(int[] tokens) {
        return tokens.length == 0
                ? ""
                : tokenizer.decode(Arrays.stream(tokens).asLongStream().toArray(), true);
    }

    /** The tokens that the file's template puts before a text; usually none or one. */
    int[] templatePrefix() {
        int[] plain = encode("a", false);
        int[] full = encode("a", true);
        for (int start = 0; start + plain.length <= full.length; start++) {
            if (Arrays.equals(full, start, start + plain.length, plain, 0, plain.length)) {
                return Arrays.copyOf(full, start);
            }
        }
        return new int[0];
    }

    private int[] encode(String text, boolean specialTokens) {
        return Arrays.stream(tokenizer.encode(text, specialTokens, false).getIds())
                .mapToInt(Math::toIntExact)
                .toArray();
    }

    @Override
    public void close() {
        tokenizer.close();
    }
}
