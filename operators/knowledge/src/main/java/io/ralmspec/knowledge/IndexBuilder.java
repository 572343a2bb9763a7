package io.ralmspec.knowledge;

import io.ralmspec.decoding.DocumentEncoder;
import io.ralmspec.decoding.RetrieverKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Builds an index directory. It grows as {@code <target>.partial} and is renamed when complete, so
 * the target is whole or not there. An interrupted build goes on where it stopped when it is
 * started again with the same corpus, settings and encoder; otherwise it starts over. Used once, by
 * one thread.
 */
public final class IndexBuilder {
    private static final Logger LOG = LoggerFactory.getLogger(IndexBuilder.class);

    private final IndexSettings settings;
    private final @Nullable DocumentEncoder encoder;
    private final BuildListener listener;
    private final Path partial;

    /**
     * @param encoder may be null if no dense retriever is built
     */
    public IndexBuilder(
            IndexSettings settings, @Nullable DocumentEncoder encoder, BuildListener listener) {
        Checks.require(
                encoder != null || !settings.dense(),
                "encoder",
                "given for dense retrievers",
                "none");
        int dimension = encoder == null ? 1 : encoder.dimension();
        Checks.require(
                dimension >= 1 && dimension <= VectorFileWriter.MAX_DIMENSION,
                "encoder.dimension",
                "in [1, " + VectorFileWriter.MAX_DIMENSION + "]",
                dimension);
        this.settings = settings;
        this.encoder = settings.dense() ? encoder : null;
        this.listener = listener;
        this.partial = settings.partial();
    }

    /**
     * @throws IndexException if the target is there and not to be replaced, the corpus is missing,
     *     empty or has too many bad lines, or a file can't be written
     */
    public BuildReport build() {
        if (Files.exists(settings.target()) && !settings.replace()) {
            throw new IndexException(
                    "%s is already there: choose another target, or ask to replace it"
                            .formatted(settings.target()));
        }
        if (!Files.isRegularFile(settings.source())) {
            throw new IndexException("corpus %s is not a file".formatted(settings.source()));
        }
        try {
            Files.createDirectories(partial);
            BuildReport report;
            try (BuildLock lock = BuildLock.take(partial)) {
                report = fill();
            }
            IndexFiles.publish(partial, settings.target());
            return report;
        } catch (IOException e) {
            throw new IndexException(
                    "index %s can't be built: %s".formatted(settings.target(), e), e);
        }
    }

    private BuildReport fill() throws IOException {
        List<String> key = BuildJournal.key(settings, encoder);
        BuildJournal journal = BuildJournal.read(partial, key);
        int resumed = journal == null ? 0 : journal.encoded();
        if (journal == null) {
            journal = read(key);
        } else {
            LOG.info("Going on with {} at document {}", partial, resumed);
            listener.resumed(resumed);
        }
        DocumentStore documents =
                DocumentStore.open(
                        partial.resolve(IndexFiles.RECORDS), partial.resolve(IndexFiles.OFFSETS));
        if (encoder != null && needsVectors(journal)) {
            journal = encode(journal, encoder, documents);
        }
        if (settings.retrievers().contains(RetrieverKind.BM25) && !journal.sparse()) {
            journal = buildSparse(journal, documents);
        }
        if (encoder != null
                && settings.retrievers().contains(RetrieverKind.HNSW)
                && !journal.graph()) {
            journal = buildGraph(journal, encoder.dimension());
        }
        seal(journal);
        return new BuildReport(journal.documents(), resumed, journal.skipped());
    }

    /** Without exact search, vectors only serve to build the graph. */
    private boolean needsVectors(BuildJournal journal) {
        return settings.retrievers().contains(RetrieverKind.EXACT) || !journal.graph();
    }

    private BuildJournal read(List<String> key) throws IOException {
        for (String name :
                List.of(
                        IndexFiles.VECTORS,
                        IndexFiles.HNSW,
                        IndexFiles.BM25,
                        IndexFiles.MANIFEST)) {
            IndexFiles.delete(partial.resolve(name));
        }
        BuildJournal.start(key).write(partial);
        CorpusImport corpus = new CorpusImport(settings, listener);
        corpus.run(partial);
        return save(BuildJournal.start(key).withRead(corpus.documents(), corpus.skipped()));
    }

    private BuildJournal encode(
            BuildJournal journal, DocumentEncoder documentEncoder, DocumentStore documents)
            throws IOException {
        int total = journal.documents();
        int dimension = documentEncoder.dimension();
        Path file = partial.resolve(IndexFiles.VECTORS);
        int from = Math.min(journal.encoded(), VectorFileWriter.stored(file, dimension));
        listener.progress(BuildPhase.ENCODE, from, total);
        try (VectorFileWriter writer = new VectorFileWriter(file, from, dimension)) {
            new Encoding(documentEncoder, documents, settings.encodeBatch())
                    .run(
                            writer,
                            from,
                            done -> {
                                save(journal.withEncoded(done));
                                listener.progress(BuildPhase.ENCODE, done, total);
                            });
        }
        return journal.withEncoded(total);
    }

    private BuildJournal buildSparse(BuildJournal journal, DocumentStore documents)
            throws IOException {
        Path directory = partial.resolve(IndexFiles.BM25);
        IndexFiles.delete(directory);
        Bm25IndexWriter.write(directory, documents, progress(BuildPhase.SPARSE, documents.size()));
        return save(journal.withSparse());
    }

    private BuildJournal buildGraph(BuildJournal journal, int dimension) throws IOException {
        Path directory = partial.resolve(IndexFiles.HNSW);
        IndexFiles.delete(directory);
        int documents = journal.documents();
        VectorFile vectors =
                VectorFile.open(partial.resolve(IndexFiles.VECTORS), documents, dimension);
        HnswIndexWriter.write(
                directory,
                vectors,
                VectorSimilarityFunction.DOT_PRODUCT,
                settings.threads(),
                listener);
        return save(journal.withGraph());
    }

    private IntConsumer progress(BuildPhase phase, int total) {
        return done -> {
            if (done % Encoding.CHUNK == 0 || done == total) {
                listener.progress(phase, done, total);
            }
        };
    }

    private BuildJournal save(BuildJournal journal) throws IOException {
        journal.write(partial);
        return journal;
    }

    /** Writes the manifest and removes what only the build needs. */
    private void seal(BuildJournal journal) throws IOException {
        if (!settings.retrievers().contains(RetrieverKind.EXACT)) {
            Files.deleteIfExists(partial.resolve(IndexFiles.VECTORS));
        }
        long total = 0;
        for (Path file : IndexFiles.list(partial)) {
            total += Files.size(file);
        }
        long bytes = total;
        Map<String, IndexManifest.FileEntry> files =
                IndexFiles.describe(
                        partial, done -> listener.progress(BuildPhase.CHECKSUM, done, bytes));
        IndexManifest manifest =
                new IndexManifest(
                        IndexManifest.FORMAT_VERSION,
                        journal.documents(),
                        encoder == null ? 0 : encoder.dimension(),
                        encoder == null ? null : encoder.fingerprint(),
                        settings.retrievers().contains(RetrieverKind.BM25)
                                ? Bm25Text.ANALYZER
                                : null,
                        settings.retrievers().stream()
                                .map(RetrieverKind::wireName)
                                .sorted()
                                .toList(),
                        String.valueOf(settings.source().getFileName()),
                        files);
        manifest.write(partial);
        IndexFiles.force(partial.resolve(IndexFiles.MANIFEST));
    }
}
