package io.ralmspec.knowledge;

import java.io.IOException;
import java.nio.file.Path;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.codecs.Codec;
import org.apache.lucene.document.Document;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.LogDocMergePolicy;
import org.apache.lucene.index.NoMergePolicy;
import org.apache.lucene.index.SerialMergeScheduler;
import org.apache.lucene.search.similarities.Similarity;
import org.apache.lucene.store.FSDirectory;
import org.apache.lucene.util.InfoStream;
import org.jspecify.annotations.Nullable;

/**
 * Writes a Lucene index of one segment in which documents keep the order they were added in: one
 * thread, no merges on the way, one merge of adjacent segments at the end.
 */
final class LuceneWriter implements AutoCloseable {
    private static final double BUFFER_MEGABYTES = 128;

    private final FSDirectory directory;
    private final IndexWriter writer;

    /**
     * @param messages takes what Lucene says of its work
     */
    LuceneWriter(
            Path path,
            @Nullable Analyzer analyzer,
            @Nullable Similarity similarity,
            Codec codec,
            InfoStream messages)
            throws IOException {
        directory = FSDirectory.open(path);
        IndexWriterConfig config =
                (analyzer == null ? new IndexWriterConfig() : new IndexWriterConfig(analyzer))
                        .setOpenMode(IndexWriterConfig.OpenMode.CREATE)
                        .setMergePolicy(NoMergePolicy.INSTANCE)
                        .setMergeScheduler(new SerialMergeScheduler())
                        .setRAMBufferSizeMB(BUFFER_MEGABYTES)
                        .setCommitOnClose(false)
                        .setUseCompoundFile(false)
                        .setCodec(codec)
                        .setInfoStream(messages);
        if (similarity != null) {
            config.setSimilarity(similarity);
        }
        try {
            writer = new IndexWriter(directory, config);
        } catch (Throwable e) {
            directory.close();
            throw e;
        }
    }

    void add(Document document) throws IOException {
        writer.addDocument(document);
    }

    void flush() throws IOException {
        writer.flush();
    }

    /** Merges everything into one segment and makes it durable. */
    void finish() throws IOException {
        LogDocMergePolicy adjacent = new LogDocMergePolicy();
        adjacent.setMergeFactor(Integer.MAX_VALUE);
        adjacent.setMaxMergeDocs(Integer.MAX_VALUE);
        writer.getConfig().setMergePolicy(adjacent);
        writer.forceMerge(1);
        writer.commit();
    }

    @Override
    public void close() throws IOException {
        writer.close();
        directory.close();
    }
}
