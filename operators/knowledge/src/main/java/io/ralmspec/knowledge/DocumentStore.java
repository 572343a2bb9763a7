package io.ralmspec.knowledge;

import io.ralmspec.decoding.DocumentCatalog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Ids, titles and texts, mapped from two files, so that they cost page cache and not heap: the
 * records one after another, and the offset where each starts and the last ends. A record is the
 * byte lengths of id and title, then id, title and text in UTF-8. Thread-safe.
 */
final class DocumentStore implements DocumentCatalog {
    static final int HEADER_BYTES = 2 * Integer.BYTES;

    private final MappedFile records;
    private final MappedFile offsets;
    private final int size;

    private DocumentStore(MappedFile records, MappedFile offsets) {
        this.records = records;
        this.offsets = offsets;
        this.size = (int) (offsets.size() / Long.BYTES) - 1;
    }

    static DocumentStore open(Path records, Path offsets) throws IOException {
        return new DocumentStore(MappedFile.open(records, 1), MappedFile.open(offsets, Long.BYTES));
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public String id(int document) {
        return passage(document).id();
    }

    @Override
    public String title(int document) {
        return passage(document).title();
    }

    @Override
    public String text(int document) {
        return passage(document).text();
    }

    Passage passage(int document) {
        Checks.requireDocument(document, size);
        long from = offsets.readLong((long) document * Long.BYTES);
        long to = offsets.readLong((document + 1L) * Long.BYTES);
        byte[] record = records.read(from, Math.toIntExact(to - from));
        ByteBuffer header = ByteBuffer.wrap(record).order(ByteOrder.LITTLE_ENDIAN);
        int idBytes = header.getInt();
        int titleBytes = header.getInt();
        int textFrom = HEADER_BYTES + idBytes + titleBytes;
        return new Passage(
                string(record, HEADER_BYTES, idBytes),
                string(record, HEADER_BYTES + idBytes, titleBytes),
                string(record, textFrom, record.length - textFrom));
    }

    private static String string(byte[] bytes, int from, int length) {
        return new String(bytes, from, length, StandardCharsets.UTF_8);
    }
}
