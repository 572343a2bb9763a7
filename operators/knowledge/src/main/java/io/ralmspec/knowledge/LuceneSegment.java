package io.ralmspec.knowledge;

import java.io.IOException;
import java.nio.file.Path;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.NumericDocValues;
import org.apache.lucene.store.FSDirectory;
import org.apache.lucene.store.MMapDirectory;

/**
 * An open Lucene index of exactly one segment, in which Lucene's document number is ours. Owns the
 * reader.
 */
final class LuceneSegment implements AutoCloseable {
    static final String ORDINAL = "ordinal";

    private final FSDirectory directory;
    private final DirectoryReader reader;

    private LuceneSegment(FSDirectory directory, DirectoryReader reader) {
        this.directory = directory;
        this.reader = reader;
    }

    /**
     * @throws IndexException if the index does not hold these documents in this order
     */
    static LuceneSegment open(Path path, int documents) throws IOException {
        FSDirectory directory = new MMapDirectory(path);
        try {
            LuceneSegment segment = new LuceneSegment(directory, DirectoryReader.open(directory));
            try {
                segment.check(path, documents);
                return segment;
            } catch (Throwable e) {
                segment.reader.close();
                throw e;
            }
        } catch (Throwable e) {
            directory.close();
            throw e;
        }
    }

    DirectoryReader reader() {
        return reader;
    }

    LeafReader leaf() {
        return reader.leaves().get(0).reader();
    }

    @Override
    public void close() throws IOException {
        reader.close();
        directory.close();
    }

    private void check(Path path, int documents) throws IOException {
        boolean whole =
                reader.leaves().size() == 1
                        && reader.maxDoc() == documents
                        && reader.numDocs() == documents;
        NumericDocValues ordinals = whole ? leaf().getNumericDocValues(ORDINAL) : null;
        for (int document = 0; whole && document < documents; document++) {
            whole =
                    ordinals != null
                            && ordinals.advanceExact(document)
                            && ordinals.longValue() == document;
        }
        if (!whole) {
            throw new IndexException(
                    "%s does not hold the %d documents of its index in order: rebuild the index"
                            .formatted(path, documents));
        }
    }
}
