package io.ralmspec.knowledge;

import java.io.IOException;
import java.nio.file.Path;
import java.util.function.IntConsumer;
import org.apache.lucene.codecs.Codec;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.FieldType;
import org.apache.lucene.document.NumericDocValuesField;
import org.apache.lucene.index.IndexOptions;
import org.apache.lucene.util.InfoStream;

/** Builds the inverted index: terms, frequencies and lengths; no positions, no stored text. */
final class Bm25IndexWriter {
    private Bm25IndexWriter() {}

    /**
     * @param added told the number of documents added so far
     */
    static void write(Path directory, DocumentStore documents, IntConsumer added)
            throws IOException {
        FieldType type = new FieldType();
        type.setTokenized(true);
        type.setIndexOptions(IndexOptions.DOCS_AND_FREQS);
        type.freeze();
        try (LuceneWriter writer =
                new LuceneWriter(
                        directory,
                        Bm25Text.ENGLISH,
                        Bm25Text.similarity(),
                        Codec.getDefault(),
                        InfoStream.NO_OUTPUT)) {
            for (int document = 0; document < documents.size(); document++) {
                Document fields = new Document();
                fields.add(new NumericDocValuesField(LuceneSegment.ORDINAL, document));
                String text = documents.passage(document).indexedText();
                fields.add(new Field(Bm25Text.FIELD, text, type));
                writer.add(fields);
                added.accept(document + 1);
            }
            writer.finish();
        }
    }
}
