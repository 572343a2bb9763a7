package io.ralmspec.decoding;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Tokens are short words, but for a few that are single bytes of multi-byte characters, so that
 * text grows as it does with byte-level tokenizers: a character may need three tokens.
 */
public final class ScriptedTokenizer implements Tokenizer {
    /** Token ids are in [0, VOCABULARY); 0 is the end token. */
    public static final int VOCABULARY = 64;

    private static final byte[][] PIECES = new byte[VOCABULARY][];

    static {
        for (int token = 0; token < VOCABULARY; token++) {
            PIECES[token] =
                    ((char) ('a' + token % 13) + "" + token / 13 + " ")
                            .getBytes(StandardCharsets.UTF_8);
        }
        byte[] euro = "€".getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < 3; i++) {
            PIECES[10 + i] = new byte[] {euro[i]};
        }
        byte[] accent = "é".getBytes(StandardCharsets.UTF_8);
        PIECES[20] = accent;
        PIECES[21] = new byte[] {accent[0]};
        PIECES[22] = new byte[] {accent[1]};
    }

    /** One token per word, by its hash. */
    @Override
    public int[] encode(String text) {
        return Arrays.stream(text.strip().split("\\s+"))
                .filter(word -> !word.isEmpty())
                .mapToInt(word -> 1 + Math.floorMod(word.hashCode(), VOCABULARY - 1))
                .toArray();
    }

    @Override
    public String decode(int[] tokens) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int token : tokens) {
            bytes.writeBytes(PIECES[token]);
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
