package io.ralmspec.knowledge;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/** The names inside an index directory, and its files' lengths and checksums. */
final class IndexFiles {
    static final String MANIFEST = "manifest.json";
    static final String RECORDS = "documents.dat";
    static final String OFFSETS = "documents.idx";
    static final String VECTORS = "vectors.f32";
    static final String HNSW = "hnsw";
    static final String BM25 = "bm25";

    /** Of a datastore. */
    static final String KEYS = "keys";

    static final String TOKENS = "tokens.i32";

    /** Files of the build, and a lock file that Lucene leaves behind. */
    private static final Set<String> NOT_LISTED =
            Set.of(MANIFEST, BuildJournal.FILE, BuildLock.FILE, "write.lock");

    private static final int BUFFER_BYTES = 1 << 20;

    private IndexFiles() {}

    /** Every file that the index consists of, by its name relative to it. */
    static Map<String, IndexManifest.FileEntry> describe(Path directory, LongConsumer bytesRead)
            throws IOException {
        Map<String, IndexManifest.FileEntry> entries = new TreeMap<>();
        long done = 0;
        for (Path file : list(directory)) {
            String name = directory.relativize(file).toString().replace('\\', '/');
            long bytes = Files.size(file);
            entries.put(name, new IndexManifest.FileEntry(bytes, checksum(file)));
            done += bytes;
            bytesRead.accept(done);
        }
        return entries;
    }

    static List<Path> list(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile)
                    .filter(file -> !NOT_LISTED.contains(String.valueOf(file.getFileName())))
                    .sorted()
                    .toList();
        }
    }

    static String checksum(Path file) throws IOException {
        CRC32C checksum = new CRC32C();
        byte[] buffer = new byte[BUFFER_BYTES];
        try (InputStream in = Files.newInputStream(file)) {
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                checksum.update(buffer, 0, count);
            }
        }
        return String.format(Locale.ROOT, "crc32c:%08x", checksum.getValue());
    }

    /** Makes a written file durable. */
    static void force(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
    }

    static void delete(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
                Files.delete(file);
            }
        }
    }

    /**
     * Gives a complete partial directory its name, in place of what may be there, and removes the
     * build's own files. A crash between the two renames leaves the old one under its second name.
     */
    static void publish(Path partial, Path target) throws IOException {
        Path old = target.resolveSibling(target.getFileName() + ".old");
        if (Files.exists(target)) {
            delete(old);
            Files.move(target, old, StandardCopyOption.ATOMIC_MOVE);
        }
        Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
        // Not before: until the rename, the journal saves the work from a crash.
        Files.delete(target.resolve(BuildJournal.FILE));
        delete(old);
    }
}
