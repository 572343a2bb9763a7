package io.ralmspec.job.assets;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The vocabulary of a llama2.c {@code tokenizer.bin}: SentencePiece pieces with scores, where id 0
 * is unknown, 1 begins and 2 ends a sequence, 3 to 258 are the 256 bytes. Pieces hold U+2581 where
 * the file holds a space.
 *
 * @param pieces {@code pieces.get(id)}
 * @param scores {@code scores[id]}; the higher is merged first
 */
record LlamaVocabulary(List<String> pieces, float[] scores) {
    static final int FIRST_BYTE = 3;
    static final int FIRST_TEXT = FIRST_BYTE + 256;
    private static final char SPACE_MARK = '\u2581';
    private static final List<String> SPECIAL = List.of("<unk>", "<s>", "</s>");

    LlamaVocabulary {
        pieces = List.copyOf(pieces);
    }

    /** Two pieces that are neighbours in a text become one; {@code score} says which pair first. */
    record Merge(String left, String right, float score) {}

    /**
     * Little endian: int32 longest piece, then per id float32 score, int32 length, UTF-8 bytes.
     *
     * @throws AssetException if the bytes are not such a file
     */
    static LlamaVocabulary parse(byte[] file) throws AssetException {
        ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        List<String> pieces = new ArrayList<>();
        List<Float> scores = new ArrayList<>();
        try {
            int longest = in.getInt();
            while (in.hasRemaining()) {
                scores.add(in.getFloat());
                int length = in.getInt();
                if (length < 0 || length > longest || length > in.remaining()) {
                    throw new AssetException(
                            "`tokenizer.bin` must hold pieces of 0 to %d bytes (got %d at id %d)"
                                    .formatted(longest, length, pieces.size()));
                }
                byte[] piece = new byte[length];
                in.get(piece);
                pieces.add(new String(piece, StandardCharsets.UTF_8).replace(' ', SPACE_MARK));
            }
        } catch (BufferUnderflowException e) {
            throw new AssetException("`tokenizer.bin` ends in the middle of a piece", e);
        }
        if (pieces.size() <= FIRST_TEXT) {
            throw new AssetException(
                    "`tokenizer.bin` must hold more than %d pieces (got %d)"
                            .formatted(FIRST_TEXT, pieces.size()));
        }
        // llama2.c writes "\n<s>\n" for "<s>" and a byte as the character of that number.
        for (int id = 0; id < FIRST_TEXT; id++) {
            pieces.set(
                    id, id < FIRST_BYTE ? SPECIAL.get(id) : "<0x%02X>".formatted(id - FIRST_BYTE));
        }
        float[] scoreOf = new float[scores.size()];
        for (int id = 0; id < scoreOf.length; id++) {
            scoreOf[id] = scores.get(id);
        }
        return new LlamaVocabulary(pieces, scoreOf);
    }

    /**
     * Writes what the Hugging Face tokenizers library reads. The same vocabulary, the same bytes.
     */
    void writeTokenizerJson(OutputStream out) throws IOException {
        new TokenizerJson(this, SPECIAL).write(out);
    }

    /**
     * All pairs of pieces that together are a piece, highest score first. SentencePiece merges the
     * neighbours whose joint piece scores highest; a rank per pair says the same in BPE.
     */
    List<Merge> merges() throws AssetException {
        Map<String, Integer> ids = ids();
        List<Merge> merges = new ArrayList<>();
        for (int id = FIRST_TEXT; id < pieces.size(); id++) {
            String piece = pieces.get(id);
            List<Merge> splits = new ArrayList<>();
            for (int at = piece.offsetByCodePoints(0, 1);
                    at < piece.length();
                    at = piece.offsetByCodePoints(at, 1)) {
                String left = piece.substring(0, at);
                String right = piece.substring(at);
                if (isText(ids.get(left)) && isText(ids.get(right))) {
                    splits.add(new Merge(left, right, scores[id]));
                }
            }
            splits.sort(
                    Comparator.<Merge>comparingInt(merge -> ids.getOrDefault(merge.left(), 0))
                            .thenComparingInt(merge -> ids.getOrDefault(merge.right(), 0)));
            merges.addAll(splits);
        }
        // Stable: pairs of one score keep the order above unless their pieces differ in length.
        merges.sort(
                Comparator.<Merge>comparingDouble(merge -> -merge.score())
                        .thenComparingInt(merge -> -codePoints(merge.left()))
                        .thenComparingInt(merge -> -codePoints(merge.right())));
        return merges;
    }

    private Map<String, Integer> ids() throws AssetException {
        Map<String, Integer> ids = new HashMap<>();
        for (int id = 0; id < pieces.size(); id++) {
            Integer other = ids.put(pieces.get(id), id);
            if (other != null || pieces.get(id).isEmpty()) {
                throw new AssetException(
                        "`tokenizer.bin` must hold distinct, non-empty pieces (got ids %s and %d alike)"
                                .formatted(other, id));
            }
        }
        return ids;
    }

    private static boolean isText(@Nullable Integer id) {
        return id != null && id >= FIRST_TEXT;
    }

    private static int codePoints(String text) {
        return text.codePointCount(0, text.length());
    }
}
