package io.ralmspec.job.assets;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;

/**
 * Writes a {@link LlamaVocabulary} as Hugging Face {@code tokenizer.json}, the way Llama's
 * SentencePiece model is converted there: byte-fallback BPE, every text prefixed with a space mark,
 * no pre-tokenizer.
 */
final class TokenizerJson {
    private static final String SPACE_MARK = "\u2581";

    private final LlamaVocabulary vocabulary;
    private final List<String> special;

    /**
     * @param special tokens of ids 0, 1, ...: unknown, begin, end
     */
    TokenizerJson(LlamaVocabulary vocabulary, List<String> special) {
        this.vocabulary = vocabulary;
        this.special = special;
    }

    void write(OutputStream out) throws IOException {
        try (JsonGenerator json = new JsonFactory().createGenerator(out)) {
            json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
            json.useDefaultPrettyPrinter();
            json.writeStartObject();
            json.writeStringField("version", "1.0");
            json.writeNullField("truncation");
            json.writeNullField("padding");
            writeAddedTokens(json);
            writeNormalizer(json);
            json.writeNullField("pre_tokenizer");
            writePostProcessor(json);
            writeDecoder(json);
            writeModel(json);
            json.writeEndObject();
        }
    }

    private void writeAddedTokens(JsonGenerator json) throws IOException {
        json.writeArrayFieldStart("added_tokens");
        for (int id = 0; id < special.size(); id++) {
            json.writeStartObject();
            json.writeNumberField("id", id);
            json.writeStringField("content", special.get(id));
            for (String flag : List.of("single_word", "lstrip", "rstrip", "normalized")) {
                json.writeBooleanField(flag, false);
            }
            json.writeBooleanField("special", true);
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void writeNormalizer(JsonGenerator json) throws IOException {
        json.writeObjectFieldStart("normalizer");
        json.writeStringField("type", "Sequence");
        json.writeArrayFieldStart("normalizers");
        json.writeStartObject();
        json.writeStringField("type", "Prepend");
        json.writeStringField("prepend", SPACE_MARK);
        json.writeEndObject();
        writeReplace(json, " ", SPACE_MARK);
        json.writeEndArray();
        json.writeEndObject();
    }

    private static void writeReplace(JsonGenerator json, String from, String to)
            throws IOException {
        json.writeStartObject();
        json.writeStringField("type", "Replace");
        json.writeObjectFieldStart("pattern");
        json.writeStringField("String", from);
        json.writeEndObject();
        json.writeStringField("content", to);
        json.writeEndObject();
    }

    private void writePostProcessor(JsonGenerator json) throws IOException {
        String begin = special.get(1);
        json.writeObjectFieldStart("post_processor");
        json.writeStringField("type", "TemplateProcessing");
        json.writeArrayFieldStart("single");
        writeTemplatePart(json, "SpecialToken", begin, 0);
        writeTemplatePart(json, "Sequence", "A", 0);
        json.writeEndArray();
        json.writeArrayFieldStart("pair");
        writeTemplatePart(json, "SpecialToken", begin, 0);
        writeTemplatePart(json, "Sequence", "A", 0);
        writeTemplatePart(json, "SpecialToken", begin, 1);
        writeTemplatePart(json, "Sequence", "B", 1);
        json.writeEndArray();
        json.writeObjectFieldStart("special_tokens");
        json.writeObjectFieldStart(begin);
        json.writeStringField("id", begin);
        json.writeFieldName("ids");
        json.writeArray(new int[] {1}, 0, 1);
        json.writeArrayFieldStart("tokens");
        json.writeString(begin);
        json.writeEndArray();
        json.writeEndObject();
        json.writeEndObject();
        json.writeEndObject();
    }

    private static void writeTemplatePart(JsonGenerator json, String kind, String id, int type)
            throws IOException {
        json.writeStartObject();
        json.writeObjectFieldStart(kind);
        json.writeStringField("id", id);
        json.writeNumberField("type_id", type);
        json.writeEndObject();
        json.writeEndObject();
    }

    private static void writeDecoder(JsonGenerator json) throws IOException {
        json.writeObjectFieldStart("decoder");
        json.writeStringField("type", "Sequence");
        json.writeArrayFieldStart("decoders");
        writeReplace(json, SPACE_MARK, " ");
        for (String type : List.of("ByteFallback", "Fuse")) {
            json.writeStartObject();
            json.writeStringField("type", type);
            json.writeEndObject();
        }
        json.writeStartObject();
        json.writeStringField("type", "Strip");
        json.writeStringField("content", " ");
        json.writeNumberField("start", 1);
        json.writeNumberField("stop", 0);
        json.writeEndObject();
        json.writeEndArray();
        json.writeEndObject();
    }

    private void writeModel(JsonGenerator json) throws IOException {
        json.writeObjectFieldStart("model");
        json.writeStringField("type", "BPE");
        json.writeNullField("dropout");
        json.writeStringField("unk_token", special.get(0));
        json.writeNullField("continuing_subword_prefix");
        json.writeNullField("end_of_word_suffix");
        json.writeBooleanField("fuse_unk", true);
        json.writeBooleanField("byte_fallback", true);
        json.writeBooleanField("ignore_merges", false);
        json.writeObjectFieldStart("vocab");
        List<String> pieces = vocabulary.pieces();
        for (int id = 0; id < pieces.size(); id++) {
            json.writeNumberField(pieces.get(id), id);
        }
        json.writeEndObject();
        json.writeArrayFieldStart("merges");
        for (LlamaVocabulary.Merge merge : vocabulary.merges()) {
            // One string: older readers know nothing else, and no piece holds a space.
            json.writeString(merge.left() + " " + merge.right());
        }
        json.writeEndArray();
        json.writeEndObject();
    }
}
