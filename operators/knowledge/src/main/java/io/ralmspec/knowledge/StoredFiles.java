package io.ralmspec.knowledge;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * The files of a finished directory, compared with what its manifest says of them.
 *
 * @param kind what the directory is, for messages
 * @param remedy what makes a new one, for messages
 */
record StoredFiles(
        String kind, Path directory, Map<String, IndexManifest.FileEntry> files, String remedy) {

    /**
     * @throws IndexException if a file is missing or has another length
     */
    void checkLengths() throws IOException {
        for (Map.Entry<String, IndexManifest.FileEntry> entry : files.entrySet()) {
            Path file = directory.resolve(entry.getKey());
            if (!Files.isRegularFile(file)) {
                throw damaged(entry.getKey(), "is missing");
            }
            long expected = entry.getValue().bytes();
            long bytes = Files.size(file);
            if (bytes != expected) {
                throw damaged(
                        entry.getKey(), "has %d bytes instead of %d".formatted(bytes, expected));
            }
        }
    }

    /**
     * Reads everything.
     *
     * @throws IndexException if a file has another content
     */
    void checkContents() throws IOException {
        for (Map.Entry<String, IndexManifest.FileEntry> entry : files.entrySet()) {
            String checksum = IndexFiles.checksum(directory.resolve(entry.getKey()));
            if (!checksum.equals(entry.getValue().checksum())) {
                throw damaged(
                        entry.getKey(),
                        "has checksum %s instead of %s"
                                .formatted(checksum, entry.getValue().checksum()));
            }
        }
    }

    IndexException damaged(String file, String what) {
        return new IndexException(
                "%s %s is damaged, %s %s: copy it again or rebuild it with %s"
                        .formatted(kind, directory, file, what, remedy));
    }
}
