package io.ralmspec.knowledge;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.lucene.codecs.KnnVectorsFormat;
import org.apache.lucene.codecs.KnnVectorsReader;
import org.apache.lucene.codecs.KnnVectorsWriter;
import org.apache.lucene.codecs.lucene104.Lucene104Codec;
import org.apache.lucene.codecs.lucene99.Lucene99HnswVectorsFormat;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.KnnFloatVectorField;
import org.apache.lucene.document.NumericDocValuesField;
import org.apache.lucene.index.SegmentReadState;
import org.apache.lucene.index.SegmentWriteState;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.store.IOContext;
import org.jspecify.annotations.Nullable;

/**
 * Builds the graph: all vectors first, without links, then one merge that links them, with as many
 * threads as wanted. With one thread the same input gives the same graph; with more, each build
 * gives another one of the same quality. Either way the built graph is what every search uses.
 */
final class HnswIndexWriter {
    static final int CONNECTIONS = 32;
    static final int EF_CONSTRUCTION = 100;

    private HnswIndexWriter() {}

    /**
     * @param similarity must agree with the search's {@link Metric}
     * @param listener told of {@link BuildPhase#GRAPH} and {@link BuildPhase#LINK}
     */
    static void write(
            Path directory,
            VectorFile vectors,
            VectorSimilarityFunction similarity,
            int threads,
            BuildListener listener)
            throws IOException {
        int documents = vectors.documents();
        LinkProgress linked =
                new LinkProgress(
                        documents, done -> listener.progress(BuildPhase.LINK, done, documents));
        ExecutorService workers = threads == 1 ? null : Executors.newFixedThreadPool(threads);
        try (LuceneWriter writer =
                new LuceneWriter(directory, null, null, new GraphCodec(threads, workers), linked)) {
            for (int document = 0; document < documents; document++) {
                Document fields = new Document();
                fields.add(new NumericDocValuesField(LuceneSegment.ORDINAL, document));
                fields.add(
                        new KnnFloatVectorField(
                                HnswSearch.FIELD, vectors.readRow(document), similarity));
                writer.add(fields);
                if (document == 0) {
                    // Two segments at least, so that the merge takes place.
                    writer.flush();
                }
                int done = document + 1;
                if (done % Encoding.CHUNK == 0 || done == documents) {
                    listener.progress(BuildPhase.GRAPH, done, documents);
                }
            }
            listener.progress(BuildPhase.LINK, 0, documents);
            writer.finish();
            listener.progress(BuildPhase.LINK, documents, documents);
        } finally {
            if (workers != null) {
                workers.shutdown();
            }
        }
    }

    /**
     * Must subclass the default codec: a FilterCodec would lose the vectors when the index is
     * opened again, without an error.
     */
    private static final class GraphCodec extends Lucene104Codec {
        private final KnnVectorsFormat format;

        GraphCodec(int threads, @Nullable ExecutorService workers) {
            format = new LinkOnMerge(threads, workers);
        }

        @Override
        public KnnVectorsFormat getKnnVectorsFormatForField(String field) {
            return format;
        }
    }

    /** Lucene's own format under its own name, except that flushed segments get no links. */
    private static final class LinkOnMerge extends KnnVectorsFormat {
        private static final int NEVER = 1 << 28;
        private static final int ALWAYS = 0;

        private final KnnVectorsFormat flat;
        private final KnnVectorsFormat linked;

        LinkOnMerge(int threads, @Nullable ExecutorService workers) {
            super("Lucene99HnswVectorsFormat");
            flat = new Lucene99HnswVectorsFormat(CONNECTIONS, EF_CONSTRUCTION, 1, null, NEVER);
            linked =
                    new Lucene99HnswVectorsFormat(
                            CONNECTIONS, EF_CONSTRUCTION, threads, workers, ALWAYS);
        }

        @Override
        public KnnVectorsWriter fieldsWriter(SegmentWriteState state) throws IOException {
            boolean merge = state.context.context() == IOContext.Context.MERGE;
            return (merge ? linked : flat).fieldsWriter(state);
        }

        @Override
        public KnnVectorsReader fieldsReader(SegmentReadState state) throws IOException {
            return linked.fieldsReader(state);
        }

        @Override
        public int getMaxDimensions(String field) {
            return VectorFileWriter.MAX_DIMENSION;
        }
    }
}
