package io.ralmspec.knowledge;

import io.ralmspec.decoding.KnowledgeBase;
import io.ralmspec.decoding.Retriever;
import io.ralmspec.decoding.RetrieverKind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.Map;

/**
 * An index directory, opened for reading. Owns the mapped files and the search threads; the one who
 * opened it closes it, once no search runs any more. Thread-safe.
 */
public final class FileKnowledgeBase implements KnowledgeBase {
    private final Path directory;
    private final IndexManifest manifest;
    private final StoredFiles files;
    private final DocumentStore documents;
    private final String fingerprint;
    private final Map<RetrieverKind, Retriever> retrievers = new EnumMap<>(RetrieverKind.class);
    private final Deque<AutoCloseable> resources = new ArrayDeque<>();
    private volatile boolean closed;

    private FileKnowledgeBase(
            Path directory, IndexManifest manifest, StoredFiles files, DocumentStore documents) {
        this.directory = directory;
        this.manifest = manifest;
        this.files = files;
        this.documents = documents;
        this.fingerprint = manifest.fingerprint();
    }

    /**
     * Opens an index. File lengths are compared with the manifest; {@link #verify} compares the
     * contents as well.
     *
     * @throws IndexException if there is no finished index, or a truncated, foreign or empty one
     */
    public static FileKnowledgeBase open(Path directory, KnowledgeOptions options) {
        try {
            IndexManifest manifest = IndexManifest.read(directory);
            StoredFiles files =
                    new StoredFiles("index", directory, manifest.files(), "`ralmspec index`");
            check(directory, manifest);
            files.checkLengths();
            DocumentStore documents =
                    DocumentStore.open(
                            directory.resolve(IndexFiles.RECORDS),
                            directory.resolve(IndexFiles.OFFSETS));
            if (documents.size() != manifest.documents()) {
                throw files.damaged(IndexFiles.OFFSETS, "holds another number of documents");
            }
            FileKnowledgeBase opened = new FileKnowledgeBase(directory, manifest, files, documents);
            try {
                opened.openRetrievers(options);
                return opened;
            } catch (Throwable e) {
                opened.close();
                throw e;
            }
        } catch (IOException e) {
            throw new IndexException(
                    "index %s can't be read: %s".formatted(directory, e.getMessage()), e);
        }
    }

    private static void check(Path directory, IndexManifest manifest) {
        if (manifest.documents() == 0) {
            throw new IndexException(
                    "index %s holds no documents: build one from a corpus that has some"
                            .formatted(directory));
        }
        if (manifest.has(RetrieverKind.BM25) && !Bm25Text.ANALYZER.equals(manifest.analyzer())) {
            throw new IndexException(
                    "index %s was built with analyzer %s, but this version uses %s: rebuild it with"
                                    .formatted(directory, manifest.analyzer(), Bm25Text.ANALYZER)
                            + " `ralmspec index`");
        }
    }

    private void openRetrievers(KnowledgeOptions options) throws IOException {
        SearchPool pool = new SearchPool(options.searchThreads(), "ralmspec-search");
        resources.push(pool);
        ScoreKernel kernel = Kernels.best();
        int count = manifest.documents();
        int dimension = manifest.dimension();
        if (manifest.has(RetrieverKind.EXACT)) {
            Path file = directory.resolve(IndexFiles.VECTORS);
            if (Files.size(file) != VectorFile.blocks(count) * VectorFile.blockBytes(dimension)) {
                throw files.damaged(IndexFiles.VECTORS, "holds another number of vectors");
            }
            VectorFile vectors = VectorFile.open(file, count, dimension);
            add(new ExactRetriever(vectors, pool, kernel));
        }
        if (manifest.has(RetrieverKind.HNSW)) {
            LuceneSegment segment = openSegment(IndexFiles.HNSW, count);
            add(new HnswRetriever(segment, dimension, options.efSearch(), pool, kernel));
        }
        if (manifest.has(RetrieverKind.BM25)) {
            add(new Bm25Retriever(openSegment(IndexFiles.BM25, count), documents, pool));
        }
    }

    private LuceneSegment openSegment(String name, int count) throws IOException {
        LuceneSegment segment = LuceneSegment.open(directory.resolve(name), count);
        resources.push(segment);
        return segment;
    }

    private void add(Retriever retriever) {
        retrievers.put(retriever.kind(), retriever);
    }

    /**
     * Refuses vectors of another encoder, whose scores would mean nothing. An index without dense
     * retrievers goes with any encoder.
     *
     * @param fingerprint {@link io.ralmspec.decoding.DocumentEncoder#fingerprint} of the job's
     *     encoder
     * @return this
     * @throws IndexException if the index was built with another encoder
     */
    public FileKnowledgeBase requireEncoder(String fingerprint) {
        String encoder = manifest.encoder();
        if (encoder != null && !encoder.equals(fingerprint)) {
            throw new IndexException(
                    "index %s was built with encoder %s, but the job uses encoder %s: rebuild it with"
                                    .formatted(directory, encoder, fingerprint)
                            + " `ralmspec index`");
        }
        return this;
    }

    /**
     * Reads every file and compares its checksum with the manifest. Takes as long as reading the
     * index from disk.
     *
     * @return this
     * @throws IndexException if a file has changed since the index was built
     */
    public FileKnowledgeBase verify() {
        try {
            files.checkContents();
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public IndexManifest manifest() {
        return manifest;
    }

    @Override
    public boolean has(RetrieverKind kind) {
        return manifest.has(kind);
    }

    @Override
    public Retriever retriever(RetrieverKind kind) {
        if (closed) {
            throw new IllegalStateException("the knowledge base is closed");
        }
        Retriever retriever = retrievers.get(kind);
        if (retriever == null) {
            throw new IllegalArgumentException(
                    "index %s was built without retriever `%s`, it has %s: rebuild it with that one"
                            .formatted(directory, kind.wireName(), manifest.retrievers()));
        }
        return retriever;
    }

    @Override
    public String fingerprint() {
        return fingerprint;
    }

    @Override
    public int size() {
        return documents.size();
    }

    @Override
    public String id(int document) {
        return documents.id(document);
    }

    @Override
    public String title(int document) {
        return documents.title(document);
    }

    @Override
    public String text(int document) {
        return documents.text(document);
    }

    @Override
    public void close() {
        closed = true;
        RuntimeException failure = null;
        while (!resources.isEmpty()) {
            try {
                resources.pop().close();
            } catch (Exception e) {
                if (failure == null) {
                    failure =
                            new IndexException(
                                    "index %s can't be closed: %s"
                                            .formatted(directory, e.getMessage()),
                                    e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
