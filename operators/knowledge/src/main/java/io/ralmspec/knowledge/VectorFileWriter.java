package io.ralmspec.knowledge;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Appends vectors to a {@link VectorFile}, whole blocks at a time. Not thread-safe. */
final class VectorFileWriter implements AutoCloseable {
    static final int MAX_DIMENSION = 4096;

    private final FileChannel channel;
    private final int dimension;
    private final VectorType type;
    private final ByteBuffer block;

    /**
     * @param documents vectors to keep of what the file holds: a multiple of 64, or all there are
     */
    VectorFileWriter(Path path, int documents, int dimension, VectorType type) throws IOException {
        this.dimension = dimension;
        this.type = type;
        block =
                ByteBuffer.allocateDirect((int) VectorFile.blockBytes(dimension, type))
                        .order(ByteOrder.LITTLE_ENDIAN);
        channel = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            long end = VectorFile.blocks(documents) * VectorFile.blockBytes(dimension, type);
            channel.truncate(end).position(end);
        } catch (Throwable e) {
            channel.close();
            throw e;
        }
    }

    VectorFileWriter(Path path, int documents, int dimension) throws IOException {
        this(path, documents, dimension, VectorType.FP32);
    }

    static int stored(Path path, int dimension) throws IOException {
        return stored(path, dimension, VectorType.FP32);
    }

    /** Documents in the whole blocks of a file that may not be there; padding counts as well. */
    static int stored(Path path, int dimension, VectorType type) throws IOException {
        long bytes = Files.exists(path) ? Files.size(path) : 0;
        long rows = bytes / VectorFile.blockBytes(dimension, type) * VectorFile.ROWS;
        return (int) Math.min(Integer.MAX_VALUE, rows);
    }

    /**
     * Appends and forces to disk.
     *
     * @param rows a multiple of 64, except in the last call
     */
    void append(float[][] rows) throws IOException {
        for (int from = 0; from < rows.length; from += VectorFile.ROWS) {
            int count = Math.min(VectorFile.ROWS, rows.length - from);
            for (int d = 0; d < dimension; d++) {
                for (int row = 0; row < VectorFile.ROWS; row++) {
                    float value = row < count ? rows[from + row][d] : 0;
                    put(d * VectorFile.ROWS + row, value);
                }
            }
            block.clear();
            while (block.hasRemaining()) {
                channel.write(block);
            }
        }
        channel.force(false);
    }

    private void put(int index, float value) {
        if (type == VectorType.FP32) {
            block.putFloat(index * Float.BYTES, value);
        } else {
            block.putShort(index * Short.BYTES, Float.floatToFloat16(value));
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
