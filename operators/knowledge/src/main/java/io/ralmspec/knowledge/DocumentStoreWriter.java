package io.ralmspec.knowledge;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes the two files of a {@link DocumentStore}. */
final class DocumentStoreWriter implements AutoCloseable {
    private static final int BUFFER_BYTES = 1 << 20;

    private final OutputStream records;
    private final OutputStream offsets;
    private long position;
    private int size;

    DocumentStoreWriter(Path records, Path offsets) throws IOException {
        this.records = new BufferedOutputStream(Files.newOutputStream(records), BUFFER_BYTES);
        try {
            this.offsets = new BufferedOutputStream(Files.newOutputStream(offsets), BUFFER_BYTES);
            writeOffset();
        } catch (Throwable e) {
            this.records.close();
            throw e;
        }
    }

    int size() {
        return size;
    }

    void add(Passage passage) throws IOException {
        byte[] id = passage.id().getBytes(StandardCharsets.UTF_8);
        byte[] title = passage.title().getBytes(StandardCharsets.UTF_8);
        byte[] text = passage.text().getBytes(StandardCharsets.UTF_8);
        records.write(
                ByteBuffer.allocate(DocumentStore.HEADER_BYTES)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putInt(id.length)
                        .putInt(title.length)
                        .array());
        records.write(id);
        records.write(title);
        records.write(text);
        position += DocumentStore.HEADER_BYTES + id.length + title.length + (long) text.length;
        size++;
        writeOffset();
    }

    private void writeOffset() throws IOException {
        offsets.write(
                ByteBuffer.allocate(Long.BYTES)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(position)
                        .array());
    }

    @Override
    public void close() throws IOException {
        try (records) {
            offsets.close();
        }
    }
}
