package io.ralmspec.knowledge;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ralmspec.decoding.DocumentEncoder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How far an interrupted build got; a file in the partial directory, replaced atomically.
 *
 * @param key everything the result depends on; a build with another key starts over
 * @param documents documents read (tokens, for a datastore), or -1 while reading
 * @param encoded vectors safely on disk
 * @param sparse whether the inverted index is complete
 * @param graph whether the HNSW graph is complete
 */
record BuildJournal(
        List<String> key,
        int documents,
        List<SkippedLine> skipped,
        int encoded,
        boolean sparse,
        boolean graph) {
    static final String FILE = "journal.json";

    private static final ObjectMapper JSON =
            new ObjectMapper().enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES);

    BuildJournal {
        key = List.copyOf(key);
        skipped = List.copyOf(skipped);
    }

    static BuildJournal start(List<String> key) {
        return new BuildJournal(key, -1, List.of(), 0, false, false);
    }

    /** What the result depends on. */
    static List<String> key(IndexSettings settings, @Nullable DocumentEncoder encoder)
            throws IOException {
        Path source = settings.source();
        return List.of(
                "format " + IndexManifest.FORMAT_VERSION,
                "source " + source.toAbsolutePath().normalize(),
                "bytes " + Files.size(source),
                "modified " + Files.getLastModifiedTime(source),
                "limit " + settings.limit(),
                "characters " + settings.maxTextCharacters(),
                "retrievers " + settings.retrievers().stream().sorted().toList(),
                "analyzer " + Bm25Text.ANALYZER,
                "encoder " + (encoder == null ? "none" : encoder.fingerprint()),
                "dimension " + (encoder == null ? 0 : encoder.dimension()));
    }

    /**
     * The journal of an interrupted build with this key, or null if there is none to go on with.
     */
    static @Nullable BuildJournal read(Path directory, List<String> key) throws IOException {
        Path file = directory.resolve(FILE);
        if (!Files.exists(file)) {
            return null;
        }
        BuildJournal journal = JSON.readValue(file.toFile(), BuildJournal.class);
        return journal.key.equals(key) && journal.documents >= 0 ? journal : null;
    }

    void write(Path directory) throws IOException {
        Path next = directory.resolve(FILE + ".next");
        JSON.writeValue(next.toFile(), this);
        IndexFiles.force(next);
        Files.move(
                next,
                directory.resolve(FILE),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
    }

    BuildJournal withRead(int count, List<SkippedLine> lines) {
        return new BuildJournal(key, count, lines, 0, false, false);
    }

    BuildJournal withEncoded(int count) {
        return new BuildJournal(key, documents, skipped, count, sparse, graph);
    }

    BuildJournal withSparse() {
        return new BuildJournal(key, documents, skipped, encoded, true, graph);
    }

    BuildJournal withGraph() {
        return new BuildJournal(key, documents, skipped, encoded, sparse, true);
    }
}
