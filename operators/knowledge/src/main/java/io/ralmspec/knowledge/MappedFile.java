package io.ralmspec.knowledge;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A read-only little-endian file, mapped in segments because one buffer ends at 2 GiB. Thread-safe.
 * The mapping goes when this object is collected, so a late reader never touches freed memory.
 */
final class MappedFile {
    private static final long MAX_SEGMENT_BYTES = 1L << 30;

    private final ByteBuffer[] segments;
    private final long segmentBytes;
    private final long size;

    private MappedFile(ByteBuffer[] segments, long segmentBytes, long size) {
        this.segments = segments;
        this.segmentBytes = segmentBytes;
        this.size = size;
    }

    /**
     * @param unitBytes segments are a multiple of this, so that a unit never crosses two of them
     */
    static MappedFile open(Path path, long unitBytes) throws IOException {
        return open(path, unitBytes, MAX_SEGMENT_BYTES);
    }

    static MappedFile open(Path path, long unitBytes, long maxSegmentBytes) throws IOException {
        long segmentBytes = maxSegmentBytes / unitBytes * unitBytes;
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            long size = channel.size();
            ByteBuffer[] segments =
                    new ByteBuffer[(int) ((size + segmentBytes - 1) / segmentBytes)];
            for (int i = 0; i < segments.length; i++) {
                long from = i * segmentBytes;
                segments[i] =
                        channel.map(
                                        FileChannel.MapMode.READ_ONLY,
                                        from,
                                        Math.min(segmentBytes, size - from))
                                .order(ByteOrder.LITTLE_ENDIAN);
            }
            return new MappedFile(segments, segmentBytes, size);
        }
    }

    long size() {
        return size;
    }

    int segmentCount() {
        return segments.length;
    }

    long segmentBytes() {
        return segmentBytes;
    }

    ByteBuffer segment(int index) {
        return segments[index].duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * @param position a multiple of 8
     */
    long readLong(long position) {
        return segments[(int) (position / segmentBytes)].getLong((int) (position % segmentBytes));
    }

    /**
     * @param position a multiple of 4
     */
    int readInt(long position) {
        return segments[(int) (position / segmentBytes)].getInt((int) (position % segmentBytes));
    }

    byte[] read(long position, int length) {
        byte[] bytes = new byte[length];
        int done = 0;
        while (done < length) {
            long at = position + done;
            ByteBuffer segment = segments[(int) (at / segmentBytes)];
            int offset = (int) (at % segmentBytes);
            int count = Math.min(length - done, segment.limit() - offset);
            segment.get(offset, bytes, done, count);
            done += count;
        }
        return bytes;
    }
}
