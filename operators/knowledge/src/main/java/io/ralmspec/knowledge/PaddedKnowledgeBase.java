package io.ralmspec.knowledge;

import io.ralmspec.decoding.Hits;
import io.ralmspec.decoding.KnowledgeBase;
import io.ralmspec.decoding.Query;
import io.ralmspec.decoding.Retriever;
import io.ralmspec.decoding.RetrieverKind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A knowledge base whose exact search costs what it would with many more documents, for
 * measurements: each search also scans random vectors, with the same kernel and threads, one pass
 * per batch, and throws away what it finds. So the answers are those of the knowledge base within,
 * while arithmetic and memory traffic are real. The other retrievers stay as they are.
 *
 * <p>More than {@value #MAX_ROWS} vectors are scanned as several passes over that many, which is
 * far more than a processor caches. Owns the knowledge base within. Thread-safe.
 */
public final class PaddedKnowledgeBase implements KnowledgeBase {
    /** Random vectors that are really stored, at most. */
    public static final int MAX_ROWS = 1 << 20;

    private static final long MAX_VECTORS = 10_000_000_000L;
    private static final long SEED = 20_240_119;

    /** Vectors written at a time. */
    private static final int CHUNK = 1 << 14;

    private final KnowledgeBase within;
    private final Path file;
    private final SearchPool pool;
    private final Retriever exact;

    private PaddedKnowledgeBase(KnowledgeBase within, Path file, SearchPool pool, Retriever exact) {
        this.within = within;
        this.file = file;
        this.pool = pool;
        this.exact = exact;
    }

    /**
     * Writes the random vectors to a temporary file, which goes when this is closed: 1.6 GB at 384
     * dimensions and {@value #MAX_ROWS} or more vectors.
     *
     * @param within has an exact retriever
     * @param dimension of its vectors
     * @param vectors random vectors to scan beside its own, in [1, 10^10]
     * @param threads that share one search, as in {@link KnowledgeOptions#searchThreads}
     */
    public static PaddedKnowledgeBase of(
            KnowledgeBase within, int dimension, long vectors, int threads) {
        Checks.require(
                vectors >= 1 && vectors <= MAX_VECTORS,
                "pad_vectors",
                "in [1, " + MAX_VECTORS + "]",
                vectors);
        Retriever real = within.retriever(RetrieverKind.EXACT);
        int rows = (int) Math.min(vectors, MAX_ROWS);
        try {
            Path file = Files.createTempFile("ralmspec-pad-", ".f32");
            try {
                MappedFile mapped = write(file, rows, dimension);
                SearchPool pool = new SearchPool(threads, "ralmspec-pad");
                Retriever whole = scan(mapped, rows, dimension, pool);
                List<Retriever> passes =
                        new ArrayList<>(Collections.nCopies((int) (vectors / rows), whole));
                if (vectors % rows != 0) {
                    passes.add(scan(mapped, (int) (vectors % rows), dimension, pool));
                }
                Retriever exact = new Padded(real, List.copyOf(passes));
                return new PaddedKnowledgeBase(within, file, pool, exact);
            } catch (Throwable e) {
                Files.deleteIfExists(file);
                throw e;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Retriever scan(MappedFile file, int rows, int dimension, SearchPool pool) {
        return new ExactRetriever(VectorFile.of(file, rows, dimension), pool, Kernels.best());
    }

    private static MappedFile write(Path file, int rows, int dimension) throws IOException {
        SplittableRandom random = new SplittableRandom(SEED);
        // Uniform in [-range, range]: the mean squared length is 1, as that of a document.
        float range = (float) Math.sqrt(3.0 / dimension);
        try (VectorFileWriter writer = new VectorFileWriter(file, 0, dimension)) {
            for (int from = 0; from < rows; from += CHUNK) {
                float[][] chunk = new float[Math.min(CHUNK, rows - from)][dimension];
                for (float[] row : chunk) {
                    for (int d = 0; d < dimension; d++) {
                        row[d] = range * (2 * random.nextFloat() - 1);
                    }
                }
                writer.append(chunk);
            }
        }
        return MappedFile.open(file, VectorFile.blockBytes(dimension));
    }

    /** The real search, then one pass over each of the others. */
    record Padded(Retriever real, List<Retriever> passes) implements Retriever {
        @Override
        public RetrieverKind kind() {
            return real.kind();
        }

        @Override
        public List<Hits> search(List<Query> queries, int topN) {
            List<Hits> hits = real.search(queries, topN);
            passes.forEach(pass -> pass.search(queries, topN));
            return hits;
        }

        @Override
        public float[] scores(Query query, int[] documents) {
            return real.scores(query, documents);
        }
    }

    /** The same answers for less: the knowledge base within, if this one is padded. */
    public static KnowledgeBase withoutPadding(KnowledgeBase knowledgeBase) {
        return knowledgeBase instanceof PaddedKnowledgeBase padded ? padded.within : knowledgeBase;
    }

    @Override
    public Retriever retriever(RetrieverKind kind) {
        return kind == RetrieverKind.EXACT ? exact : within.retriever(kind);
    }

    @Override
    public boolean has(RetrieverKind kind) {
        return within.has(kind);
    }

    @Override
    public String fingerprint() {
        return within.fingerprint();
    }

    @Override
    public int size() {
        return within.size();
    }

    @Override
    public String id(int document) {
        return within.id(document);
    }

    @Override
    public String title(int document) {
        return within.title(document);
    }

    @Override
    public String text(int document) {
        return within.text(document);
    }

    @Override
    public void close() {
        pool.close();
        try {
            within.close();
        } finally {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                // Some systems keep a mapped file; it then goes with the process.
                file.toFile().deleteOnExit();
            }
        }
    }
}
