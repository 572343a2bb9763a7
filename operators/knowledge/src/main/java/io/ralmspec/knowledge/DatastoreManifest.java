package io.ralmspec.knowledge;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * What a KNN-LM datastore says of itself; {@code manifest.json}. Written last, so a directory that
 * has one is complete.
 *
 * @param formatVersion {@link #FORMAT_VERSION}
 * @param entries keys, at least 1
 * @param dimension length of a key
 * @param keyType {@code fp32} or {@code fp16}
 * @param model {@link io.ralmspec.decoding.knnlm.KeyEncoder#fingerprint} of what made the keys
 * @param windowTokens tokens that the model saw at once when it made keys
 * @param leftTokens of those, the ones that were only context of the others
 * @param approximate whether there is an HNSW graph
 * @param corpus checksum of the corpus as the model sees it, its tokens
 * @param source name of the corpus file, without its directory
 * @param files by name relative to the directory, with {@code /}
 */
public record DatastoreManifest(
        int formatVersion,
        int entries,
        int dimension,
        String keyType,
        String model,
        int windowTokens,
        int leftTokens,
        boolean approximate,
        String corpus,
        String source,
        Map<String, IndexManifest.FileEntry> files) {

    /** What this version of the code writes and reads. */
    public static final int FORMAT_VERSION = 1;

    /** Says which kind of manifest this is; an index has none. */
    private static final String KIND = "knn-lm datastore";

    public DatastoreManifest {
        Objects.requireNonNull(keyType, "keyType");
        Objects.requireNonNull(model, "model");
        Objects.requireNonNull(corpus, "corpus");
        Objects.requireNonNull(source, "source");
        files = new TreeMap<>(Objects.requireNonNull(files, "files"));
    }

    /**
     * The same for datastores with the same entries in the same order, also if they were built
     * apart; whether there is a graph does not count.
     *
     * @return 16 hexadecimal digits
     */
    String fingerprint() {
        IndexManifest.FileEntry keys = Objects.requireNonNull(files.get(IndexFiles.KEYS));
        return IndexManifest.digest(
                KIND,
                Integer.toString(entries),
                Integer.toString(dimension),
                keyType,
                model,
                corpus,
                keys.bytes() + " " + keys.checksum());
    }

    void write(Path directory) throws IOException {
        ObjectNode json = IndexManifest.JSON.valueToTree(this);
        json.put("kind", KIND);
        IndexManifest.JSON.writeValue(directory.resolve(IndexFiles.MANIFEST).toFile(), json);
    }

    /**
     * @throws IndexException if there is no manifest that this version can read
     */
    static DatastoreManifest read(Path directory) throws IOException {
        try {
            JsonNode json =
                    IndexManifest.JSON.readTree(
                            Files.readString(directory.resolve(IndexFiles.MANIFEST)));
            if (!KIND.equals(json.path("kind").asText())) {
                throw new IndexException(
                        "%s is no KNN-LM datastore: build one from the corpus"
                                .formatted(directory));
            }
            int version = json.path("formatVersion").asInt(-1);
            if (version != FORMAT_VERSION) {
                throw new IndexException(
                        "datastore %s has format version %d, but this version reads %d: rebuild it"
                                .formatted(directory, version, FORMAT_VERSION));
            }
            return IndexManifest.JSON.treeToValue(json, DatastoreManifest.class);
        } catch (NoSuchFileException e) {
            throw new IndexException(
                    "%s has no %s, so it is not a finished datastore: build it again"
                            .formatted(directory, IndexFiles.MANIFEST),
                    e);
        } catch (JsonProcessingException e) {
            throw new IndexException(
                    "%s of datastore %s is damaged: rebuild the datastore"
                            .formatted(IndexFiles.MANIFEST, directory),
                    e);
        }
    }
}
