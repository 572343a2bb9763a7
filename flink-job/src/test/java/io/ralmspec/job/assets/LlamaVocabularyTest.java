package io.ralmspec.job.assets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ralmspec.job.assets.LlamaVocabulary.Merge;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class LlamaVocabularyTest {
    private static final float FAR = -1e9f;

    @Test
    void namesSpecialTokensBytesAndSpaces() throws AssetException {
        LlamaVocabulary vocabulary = LlamaVocabulary.parse(file(" a", "b"));

        assertThat(vocabulary.pieces().subList(0, 4))
                .containsExactly("<unk>", "<s>", "</s>", "<0x00>");
        assertThat(vocabulary.pieces().get(258)).isEqualTo("<0xFF>");
        assertThat(vocabulary.pieces().subList(259, 261)).containsExactly("\u2581a", "b");
        assertThat(vocabulary.scores()[260]).isEqualTo(-1f);
    }

    @Test
    void mergesTheBestScoredPieceFirst() throws AssetException {
        // Ids 259.. with scores 0, -1, ...: "abc" is a merge of two pairs, the one with the
        // lower left id first, and characters outside the basic plane are split as one.
        LlamaVocabulary vocabulary =
                LlamaVocabulary.parse(
                        file("ab", "abc", "a", "b", "c", "bc", "\ud83d\ude42", "a\ud83d\ude42"));

        assertThat(vocabulary.merges())
                .containsExactly(
                        new Merge("a", "b", 0f),
                        new Merge("ab", "c", -1f),
                        new Merge("a", "bc", -1f),
                        new Merge("b", "c", -5f),
                        new Merge("a", "\ud83d\ude42", -7f));
    }

    @Test
    void writesAByteFallbackModel() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        LlamaVocabulary.parse(file("a", "b", "ab")).writeTokenizerJson(out);
        JsonNode json = new ObjectMapper().readTree(out.toByteArray());

        assertThat(json.at("/model/byte_fallback").booleanValue()).isTrue();
        assertThat(json.at("/model/vocab").size()).isEqualTo(262);
        assertThat(json.at("/model/vocab/<0x0A>").intValue()).isEqualTo(13);
        assertThat(json.at("/model/merges").toString()).isEqualTo("[\"a b\"]");
        assertThat(json.at("/added_tokens/2/content").textValue()).isEqualTo("</s>");
        assertThat(json.at("/truncation").isNull()).isTrue();
    }

    @Test
    void refusesAFileThatEndsInAPiece() {
        byte[] whole = file("a", "b");

        assertThatThrownBy(() -> LlamaVocabulary.parse(Arrays.copyOf(whole, whole.length - 5)))
                .isInstanceOf(AssetException.class)
                .hasMessage("`tokenizer.bin` ends in the middle of a piece");
    }

    @Test
    void refusesALengthOutOfRange() {
        byte[] whole = file("a", "b");
        ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).putInt(whole.length - 5, 1_000_000);

        assertThatThrownBy(() -> LlamaVocabulary.parse(whole))
                .isInstanceOf(AssetException.class)
                .hasMessage(
                        "`tokenizer.bin` must hold pieces of 0 to 8 bytes (got 1000000 at id 260)");
    }

    @Test
    void refusesAFileOfSpecialTokensOnly() {
        assertThatThrownBy(() -> LlamaVocabulary.parse(file()))
                .hasMessage("`tokenizer.bin` must hold more than 259 pieces (got 259)");
    }

    @Test
    void refusesTwoPiecesAlike() throws AssetException {
        LlamaVocabulary vocabulary = LlamaVocabulary.parse(file("a", "a"));

        assertThatThrownBy(vocabulary::merges)
                .isInstanceOf(AssetException.class)
                .hasMessageContaining("got ids 259 and 260 alike");
    }

    /** A tokenizer.bin of the 259 first ids and {@code pieces} with scores 0, -1, ... */
    private static byte[] file(String... pieces) {
        ByteBuffer out = ByteBuffer.allocate(10_000).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(8);
        for (String special : List.of("<unk>", "\n<s>\n", "\n</s>\n")) {
            put(out, FAR, special);
        }
        for (int value = 0; value < 256; value++) {
            put(out, FAR, String.valueOf((char) value));
        }
        float score = 0;
        for (String piece : pieces) {
            put(out, score--, piece);
        }
        return Arrays.copyOf(out.array(), out.position());
    }

    private static void put(ByteBuffer out, float score, String piece) {
        byte[] bytes = piece.getBytes(StandardCharsets.UTF_8);
        out.putFloat(score).putInt(bytes.length).put(bytes);
    }
}
