package io.ralmspec.knowledge;

import io.ralmspec.decoding.Tokenizer;
import io.ralmspec.decoding.knnlm.KeyEncoder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Builds a KNN-LM datastore (paper section 5): runs the language model over a corpus and writes one
 * entry per token, in corpus order. It grows as {@code <target>.partial} and is renamed when
 * complete. An interrupted build goes on where it stopped when it is started again with the same
 * corpus, settings and model, and gives the same entries; otherwise it starts over. Used once, by
 * one thread.
 *
 * <p>Entry p: the key is what the model had in mind after token p, the value is token p + 1. The
 * model sees the corpus through overlapping windows, see {@link DatastoreSettings.Window}; each
 * begins with the begin-of-sequence token, if the model has one, and at position 0.
 */
public final class DatastoreBuilder {
    private static final Logger LOG = LoggerFactory.getLogger(DatastoreBuilder.class);

    private final DatastoreSettings settings;
    private final DatastoreSettings.Window window;
    private final Tokenizer tokenizer;
    private final KeyEncoder encoder;
    private final BuildListener listener;
    private final Path partial;

    /**
     * @param tokenizer of the encoder's model
     */
    public DatastoreBuilder(
            DatastoreSettings settings,
            Tokenizer tokenizer,
            KeyEncoder encoder,
            BuildListener listener) {
        Checks.require(
                encoder.dimension() >= 1 && encoder.dimension() <= VectorFileWriter.MAX_DIMENSION,
                "encoder.dimension",
                "in [1, " + VectorFileWriter.MAX_DIMENSION + "]",
                encoder.dimension());
        this.settings = settings;
        this.window = settings.window().of(encoder.windowTokens());
        this.tokenizer = tokenizer;
        this.encoder = encoder;
        this.listener = listener;
        this.partial = settings.partial();
    }

    /**
     * @return with entries in place of documents
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
                    "datastore %s can't be built: %s".formatted(settings.target(), e), e);
        }
    }

    private BuildReport fill() throws IOException {
        List<String> key = key();
        BuildJournal journal = BuildJournal.read(partial, key);
        int resumed = journal == null ? 0 : journal.encoded();
        if (journal == null) {
            journal = read(key);
        } else {
            LOG.info("Going on with {} at entry {}", partial, resumed);
            listener.resumed(resumed);
        }
        journal = writeKeys(journal);
        if (settings.approximate() && !journal.graph()) {
            journal = buildGraph(journal);
        }
        seal(journal);
        return new BuildReport(entries(journal), resumed, journal.skipped());
    }

    /** What the result depends on. */
    private List<String> key() throws IOException {
        Path source = settings.source();
        return List.of(
                "datastore format " + DatastoreManifest.FORMAT_VERSION,
                "source " + source.toAbsolutePath().normalize(),
                "bytes " + Files.size(source),
                "modified " + Files.getLastModifiedTime(source),
                "entries " + settings.maxEntries(),
                "keys " + settings.keyType(),
                "approximate " + settings.approximate(),
                "window " + window,
                "model " + encoder.fingerprint(),
                "dimension " + encoder.dimension());
    }

    private BuildJournal read(List<String> key) throws IOException {
        for (String name : List.of(IndexFiles.KEYS, IndexFiles.HNSW, IndexFiles.MANIFEST)) {
            IndexFiles.delete(partial.resolve(name));
        }
        BuildJournal.start(key).write(partial);
        TokenImport corpus = new TokenImport(settings, tokenizer, listener);
        corpus.run(partial.resolve(IndexFiles.TOKENS));
        return save(BuildJournal.start(key).withRead(corpus.tokens(), corpus.skipped()));
    }

    /** One less than tokens: nothing follows the last. */
    private static int entries(BuildJournal journal) {
        return journal.documents() - 1;
    }

    private BuildJournal writeKeys(BuildJournal journal) throws IOException {
        int entries = entries(journal);
        Path file = partial.resolve(IndexFiles.KEYS);
        VectorType type = settings.keyType();
        int stored = VectorFileWriter.stored(file, encoder.dimension(), type);
        int from = Math.min(journal.encoded(), stored);
        listener.progress(BuildPhase.KEYS, from, entries);
        TokenFile tokens = TokenFile.open(partial.resolve(IndexFiles.TOKENS));
        try (VectorFileWriter writer =
                new VectorFileWriter(file, from, encoder.dimension(), type)) {
            new KeyWriting(encoder, tokens, window, type)
                    .run(
                            writer,
                            from,
                            done -> {
                                save(journal.withEncoded(done));
                                listener.progress(BuildPhase.KEYS, done, entries);
                            });
        }
        return journal.withEncoded(entries);
    }

    private BuildJournal buildGraph(BuildJournal journal) throws IOException {
        Path directory = partial.resolve(IndexFiles.HNSW);
        IndexFiles.delete(directory);
        int entries = entries(journal);
        VectorFile keys =
                VectorFile.open(
                        partial.resolve(IndexFiles.KEYS),
                        entries,
                        encoder.dimension(),
                        settings.keyType());
        HnswIndexWriter.write(
                directory, keys, VectorSimilarityFunction.EUCLIDEAN, settings.threads(), listener);
        return save(journal.withGraph());
    }

    private BuildJournal save(BuildJournal journal) throws IOException {
        journal.write(partial);
        return journal;
    }

    private void seal(BuildJournal journal) throws IOException {
        long total = 0;
        for (Path file : IndexFiles.list(partial)) {
            total += Files.size(file);
        }
        long bytes = total;
        Map<String, IndexManifest.FileEntry> files =
                IndexFiles.describe(
                        partial, done -> listener.progress(BuildPhase.CHECKSUM, done, bytes));
        IndexManifest.FileEntry corpus = files.get(IndexFiles.TOKENS);
        DatastoreManifest manifest =
                new DatastoreManifest(
                        DatastoreManifest.FORMAT_VERSION,
                        entries(journal),
                        encoder.dimension(),
                        settings.keyType().wireName(),
                        encoder.fingerprint(),
                        window.tokens(),
                        window.left(),
                        settings.approximate(),
                        String.valueOf(corpus == null ? null : corpus.checksum()),
                        String.valueOf(settings.source().getFileName()),
                        files);
        manifest.write(partial);
        IndexFiles.force(partial.resolve(IndexFiles.MANIFEST));
    }
}
