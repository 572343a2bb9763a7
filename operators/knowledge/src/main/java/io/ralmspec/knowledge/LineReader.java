package io.ralmspec.knowledge;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Lines of UTF-8. Strict, so that damaged text is noticed; bounded, so that a file without line
 * breaks does not fill the heap. Not thread-safe.
 */
final class LineReader implements Closeable {
    /**
     * A line, or why it can't be used.
     *
     * @param number counted from 1
     * @param text without its line break, null if {@code problem} is set
     */
    record Line(long number, @Nullable String text, @Nullable String problem) {}

    private static final int BUFFER_BYTES = 1 << 16;
    private static final char BYTE_ORDER_MARK = '\uFEFF';

    private final InputStream in;
    private final int maxBytes;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int from;
    private int to;
    private byte[] line = new byte[1024];
    private int length;
    private long number;

    LineReader(InputStream in, int maxBytes) {
        this.in = in;
        this.maxBytes = maxBytes;
    }

    /** The next line, or null at the end. */
    @Nullable Line next() throws IOException {
        length = 0;
        boolean tooLong = false;
        boolean any = false;
        boolean ended = false;
        while (!ended && fill()) {
            any = true;
            int end = from;
            while (end < to && buffer[end] != '\n') {
                end++;
            }
            ended = end < to;
            tooLong |= length + (end - from) > maxBytes;
            if (!tooLong) {
                append(from, end - from);
            }
            from = ended ? end + 1 : end;
        }
        if (!any) {
            return null;
        }
        number++;
        return tooLong ? new Line(number, null, "is longer than " + maxBytes + " bytes") : decode();
    }

    private boolean fill() throws IOException {
        if (from == to) {
            from = 0;
            to = Math.max(0, in.read(buffer));
        }
        return from < to;
    }

    private void append(int offset, int count) {
        if (length + count > line.length) {
            line = Arrays.copyOf(line, Math.max(length + count, 2 * line.length));
        }
        System.arraycopy(buffer, offset, line, length, count);
        length += count;
    }

    private Line decode() {
        int end = length > 0 && line[length - 1] == '\r' ? length - 1 : length;
        try {
            String text =
                    StandardCharsets.UTF_8
                            .newDecoder()
                            .decode(ByteBuffer.wrap(line, 0, end))
                            .toString();
            boolean marked = number == 1 && !text.isEmpty() && text.charAt(0) == BYTE_ORDER_MARK;
            return new Line(number, marked ? text.substring(1) : text, null);
        } catch (CharacterCodingException e) {
            return new Line(number, null, "is not UTF-8");
        }
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
