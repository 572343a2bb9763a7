package io.ralmspec.job.assets;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/**
 * Finds one file in a gzipped tar archive: 512-byte headers, each followed by the file's bytes
 * padded to a multiple of 512. Long names and sparse files are not read; npm writes neither for the
 * packages used here.
 */
final class Tarball {
    private static final int BLOCK = 512;
    private static final int NAME_BYTES = 100;
    private static final int SIZE_OFFSET = 124;
    private static final int SIZE_BYTES = 12;
    private static final int BUFFER_BYTES = 1 << 16;

    private Tarball() {}

    /** Reads the bytes of a file and nothing behind them. */
    @FunctionalInterface
    interface Reader {
        void read(InputStream file, long bytes) throws IOException;
    }

    /**
     * @param name of the file, such as {@code package/dist/llama2.data}
     * @throws AssetException if there is no such file
     */
    static void read(Path archive, String name, Reader reader) throws IOException {
        try (InputStream in = new GZIPInputStream(Files.newInputStream(archive), BUFFER_BYTES)) {
            byte[] header = in.readNBytes(BLOCK);
            while (header.length == BLOCK && header[0] != 0) {
                long size = octal(header, archive);
                if (text(header, 0, NAME_BYTES).equals(name)) {
                    reader.read(new Bounded(in, size), size);
                    return;
                }
                in.skipNBytes((size + BLOCK - 1) / BLOCK * BLOCK);
                header = in.readNBytes(BLOCK);
            }
        } catch (EOFException e) {
            throw new AssetException("`%s` ends too early".formatted(archive.getFileName()), e);
        }
        throw new AssetException(
                "`%s` must hold %s (got an archive without it)"
                        .formatted(archive.getFileName(), name));
    }

    private static long octal(byte[] header, Path archive) throws AssetException {
        String digits = text(header, SIZE_OFFSET, SIZE_BYTES).strip();
        try {
            return Long.parseLong(digits, 8);
        } catch (NumberFormatException e) {
            throw new AssetException(
                    "`%s` must be a tar archive (got a header without a size)"
                            .formatted(archive.getFileName()),
                    e);
        }
    }

    private static String text(byte[] header, int offset, int length) {
        int end = offset;
        while (end < offset + length && header[end] != 0) {
            end++;
        }
        return new String(header, offset, end - offset, StandardCharsets.UTF_8);
    }

    /** The next {@code left} bytes of a stream; closing it leaves the stream open. */
    static final class Bounded extends InputStream {
        private final InputStream in;
        private long left;

        Bounded(InputStream in, long left) {
            this.in = in;
            this.left = left;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            if (left == 0) {
                return -1;
            }
            int count = in.read(target, offset, (int) Math.min(length, left));
            if (count < 0) {
                throw new EOFException();
            }
            left -= count;
            return count;
        }
    }
}
