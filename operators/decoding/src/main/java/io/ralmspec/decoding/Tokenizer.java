package io.ralmspec.decoding;

/** Text to token ids and back, without special tokens. Deterministic; thread-safe. */
public interface Tokenizer {
    int[] encode(String text);

    /** The text of a whole token sequence; an incomplete last character shows as U+FFFD. */
    String decode(int[] tokens);
}
