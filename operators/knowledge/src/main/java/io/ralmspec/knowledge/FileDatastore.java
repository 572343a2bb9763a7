package io.ralmspec.knowledge;

import io.ralmspec.decoding.Hits;
import io.ralmspec.decoding.knnlm.Datastore;
import io.ralmspec.decoding.knnlm.Neighbours;
import io.ralmspec.decoding.knnlm.SearchKind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A KNN-LM datastore's directory, opened for reading: {@code keys} (blocks of memory-mapped
 * vectors), {@code tokens.i32} and, for approximate search, {@code hnsw}. Distances are fp32 and
 * the same to the bit whichever way an entry was found. Owns the mapped files and the search
 * threads; the one who opened it closes it, once no search runs any more. Thread-safe.
 */
public final class FileDatastore implements Datastore {
    private final Path directory;
    private final DatastoreManifest manifest;
    private final StoredFiles files;
    private final TokenFile tokens;
    private final SearchPool pool;
    private final ExactSearch exact;
    private final int efSearch;
    private final String fingerprint;
    private @Nullable LuceneSegment segment;
    private @Nullable HnswSearch graph;
    private volatile boolean closed;

    private FileDatastore(
            Path directory,
            DatastoreManifest manifest,
            StoredFiles files,
            VectorFile keys,
            TokenFile tokens,
            KnowledgeOptions options) {
        this.directory = directory;
        this.manifest = manifest;
        this.files = files;
        this.tokens = tokens;
        pool = new SearchPool(options.searchThreads(), "ralmspec-datastore");
        exact = new ExactSearch(keys, pool, Kernels.best(), Metric.SQUARED_L2);
        efSearch = options.efSearch();
        fingerprint = manifest.fingerprint();
    }

    /**
     * Opens a datastore. File lengths are compared with the manifest; {@link #verify} compares the
     * contents as well.
     *
     * @param options {@code efSearch} is the least number of candidates of an approximate search;
     *     one for more neighbours keeps as many as that
     * @throws IndexException if there is no finished datastore, or a truncated or foreign one
     */
    public static FileDatastore open(Path directory, KnowledgeOptions options) {
        try {
            DatastoreManifest manifest = DatastoreManifest.read(directory);
            StoredFiles files =
                    new StoredFiles("datastore", directory, manifest.files(), "its builder");
            files.checkLengths();
            VectorType type = VectorType.of(manifest.keyType());
            Path keyFile = directory.resolve(IndexFiles.KEYS);
            int dimension = manifest.dimension();
            long blocks = VectorFile.blocks(manifest.entries());
            if (Files.size(keyFile) != blocks * VectorFile.blockBytes(dimension, type)) {
                throw files.damaged(IndexFiles.KEYS, "holds another number of keys");
            }
            TokenFile tokens = TokenFile.open(directory.resolve(IndexFiles.TOKENS));
            if (tokens.size() != manifest.entries() + 1) {
                throw files.damaged(IndexFiles.TOKENS, "holds another number of tokens");
            }
            VectorFile keys = VectorFile.open(keyFile, manifest.entries(), dimension, type);
            FileDatastore opened =
                    new FileDatastore(directory, manifest, files, keys, tokens, options);
            try {
                opened.openGraph();
                return opened;
            } catch (Throwable e) {
                opened.close();
                throw e;
            }
        } catch (IOException e) {
            throw new IndexException(
                    "datastore %s can't be read: %s".formatted(directory, e.getMessage()), e);
        }
    }

    private void openGraph() throws IOException {
        if (manifest.approximate()) {
            LuceneSegment opened =
                    LuceneSegment.open(directory.resolve(IndexFiles.HNSW), manifest.entries());
            segment = opened;
            graph =
                    new HnswSearch(
                            opened,
                            manifest.dimension(),
                            efSearch,
                            Metric.SQUARED_L2,
                            pool,
                            Kernels.best());
        }
    }

    /**
     * Refuses keys of another model, whose distances would mean nothing.
     *
     * @param model {@link io.ralmspec.decoding.knnlm.KeyEncoder#fingerprint} of the job's model
     * @return this
     * @throws IndexException if the datastore was built with another model
     */
    public FileDatastore requireModel(String model) {
        if (!manifest.model().equals(model)) {
            throw new IndexException(
                    "datastore %s was built with model %s, but the job uses model %s: rebuild it with that one"
                            .formatted(directory, manifest.model(), model));
        }
        return this;
    }

    /**
     * Reads every file and compares its checksum with the manifest. Takes as long as reading the
     * datastore from disk.
     *
     * @return this
     * @throws IndexException if a file has changed since the datastore was built
     */
    public FileDatastore verify() {
        try {
            files.checkContents();
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public DatastoreManifest manifest() {
        return manifest;
    }

    @Override
    public int size() {
        return manifest.entries();
    }

    @Override
    public int dimension() {
        return manifest.dimension();
    }

    @Override
    public boolean has(SearchKind kind) {
        return kind == SearchKind.EXACT || manifest.approximate();
    }

    @Override
    public String fingerprint() {
        return fingerprint;
    }

    @Override
    public List<Neighbours> search(List<float[]> keys, int k, SearchKind kind) {
        requireOpen();
        Checks.require(k >= 1, "k", ">= 1", k);
        keys.forEach(key -> Checks.requireVector(key, dimension()));
        List<TopHits> found =
                switch (kind) {
                    case EXACT -> exact.search(keys, k);
                    case APPROXIMATE -> approximate(keys, k);
                };
        return found.stream().map(this::neighbours).toList();
    }

    private List<TopHits> approximate(List<float[]> keys, int k) {
        if (graph == null) {
            throw new IllegalArgumentException(
                    "datastore %s was built without approximate search: rebuild it with that"
                            .formatted(directory));
        }
        return graph.search(keys, k, Math.max(k, efSearch));
    }

    @Override
    public Neighbours nearest(float[] key, int[] positions, int k) {
        requireOpen();
        Checks.require(k >= 1, "k", ">= 1", k);
        Checks.requireVector(key, dimension());
        for (int position : positions) {
            Checks.require(
                    position >= 0 && position < size(),
                    "position",
                    "in [0, " + size() + ")",
                    position);
        }
        if (positions.length == 0) {
            return Neighbours.NONE;
        }
        float[] scores = exact.scores(key, positions);
        TopHits top = new TopHits(Math.min(k, positions.length));
        for (int i = 0; i < positions.length; i++) {
            top.offer(positions[i], scores[i]);
        }
        return neighbours(top);
    }

    private Neighbours neighbours(TopHits top) {
        Hits hits = top.toHits();
        float[] distances = new float[hits.size()];
        int[] values = new int[hits.size()];
        for (int i = 0; i < values.length; i++) {
            distances[i] = -hits.scores()[i];
            values[i] = token(hits.documents()[i]);
        }
        return new Neighbours(hits.documents(), distances, values);
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the datastore is closed");
        }
    }

    /** A walk over the graph goes the same way for all that fit its candidates. */
    @Override
    public int largestCount(int k, SearchKind kind) {
        return Math.max(k, kind == SearchKind.EXACT ? size() : efSearch);
    }

    @Override
    public int token(int position) {
        return tokens.token(position + 1);
    }

    @Override
    public void close() {
        closed = true;
        pool.close();
        LuceneSegment open = segment;
        segment = null;
        if (open != null) {
            try {
                open.close();
            } catch (IOException e) {
                throw new IndexException(
                        "datastore %s can't be closed: %s".formatted(directory, e.getMessage()), e);
            }
        }
    }
}
