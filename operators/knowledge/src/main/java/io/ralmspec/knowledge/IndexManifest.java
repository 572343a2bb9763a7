package io.ralmspec.knowledge;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.ralmspec.decoding.RetrieverKind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What an index directory says of itself; {@code manifest.json}. Written last, so a directory that
 * has one is complete.
 *
 * @param formatVersion {@link #FORMAT_VERSION}
 * @param documents at least 1
 * @param dimension length of the document vectors, 0 without dense retrievers
 * @param encoder fingerprint of the document encoder, null without dense retrievers
 * @param analyzer how text becomes terms, null without BM25
 * @param retrievers wire names of the retrievers built, in alphabetical order
 * @param source name of the corpus file, without its directory
 * @param files by name relative to the directory, with {@code /}
 */
public record IndexManifest(
        int formatVersion,
        int documents,
        int dimension,
        @Nullable String encoder,
        @Nullable String analyzer,
        List<String> retrievers,
        String source,
        Map<String, FileEntry> files) {

    /** What this version of the code writes and reads. */
    public static final int FORMAT_VERSION = 1;

    static final ObjectMapper JSON =
            new ObjectMapper()
                    .enable(SerializationFeature.INDENT_OUTPUT)
                    .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES);

    public IndexManifest {
        retrievers = List.copyOf(Objects.requireNonNull(retrievers, "retrievers"));
        files = new TreeMap<>(Objects.requireNonNull(files, "files"));
        Objects.requireNonNull(source, "source");
    }

    /**
     * @param checksum {@code crc32c:} and eight hexadecimal digits
     */
    public record FileEntry(long bytes, String checksum) {}

    public boolean has(RetrieverKind kind) {
        return retrievers.contains(kind.wireName());
    }

    /**
     * The same for indexes over the same passages in the same order with the same encoder and
     * analyzer, also if they were built apart: Lucene names its segments at random.
     *
     * @return 16 hexadecimal digits
     */
    String fingerprint() {
        FileEntry records = files.get(IndexFiles.RECORDS);
        return digest(
                Integer.toString(documents),
                records == null ? "" : records.bytes() + " " + records.checksum(),
                Integer.toString(dimension),
                Objects.requireNonNullElse(encoder, ""),
                Objects.requireNonNullElse(analyzer, ""));
    }

    /** 16 hexadecimal digits that name these facts. */
    static String digest(String... facts) {
        try {
            byte[] digest =
                    MessageDigest.getInstance("SHA-256")
                            .digest(String.join("\n", facts).getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    void write(Path directory) throws IOException {
        JSON.writeValue(directory.resolve(IndexFiles.MANIFEST).toFile(), this);
    }

    /**
     * @throws IndexException if there is no manifest that this version can read
     */
    static IndexManifest read(Path directory) throws IOException {
        try {
            JsonNode json = JSON.readTree(Files.readString(directory.resolve(IndexFiles.MANIFEST)));
            int version = json.path("formatVersion").asInt(-1);
            if (version != FORMAT_VERSION) {
                throw new IndexException(
                        "index %s has format version %d, but this version reads %d: rebuild it with"
                                        .formatted(directory, version, FORMAT_VERSION)
                                + " `ralmspec index`");
            }
            return JSON.treeToValue(json, IndexManifest.class);
        } catch (NoSuchFileException e) {
            throw new IndexException(
                    "%s has no %s, so it is not a finished index: build one with `ralmspec index`"
                            .formatted(directory, IndexFiles.MANIFEST),
                    e);
        } catch (JsonProcessingException e) {
            throw new IndexException(
                    "%s of index %s is damaged: rebuild the index with `ralmspec index`"
                            .formatted(IndexFiles.MANIFEST, directory),
                    e);
        }
    }
}
