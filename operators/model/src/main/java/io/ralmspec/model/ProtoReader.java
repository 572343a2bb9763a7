package io.ralmspec.model;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Walks the fields of one protobuf message without copying it: what reading an ONNX file's
 * structure takes. Not thread-safe.
 */
final class ProtoReader {
    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int BYTES = 2;
    private static final int FIXED32 = 5;

    private final ByteBuffer buffer;
    private final long base;
    private int field;
    private int start;
    private ByteBuffer value = ByteBuffer.allocate(0);

    ProtoReader(ByteBuffer message) {
        this(message.slice(), 0);
    }

    /**
     * @param base where the message starts in the outermost one
     */
    private ProtoReader(ByteBuffer message, long base) {
        this.buffer = message.duplicate();
        this.base = base;
    }

    /**
     * Goes to the next field.
     *
     * @throws InvalidModelException if this is no protobuf
     */
    boolean next() {
        if (!buffer.hasRemaining()) {
            return false;
        }
        start = buffer.position();
        long tag = varint();
        field = (int) (tag >>> 3);
        int length =
                switch ((int) tag & 7) {
                    case VARINT -> {
                        varint();
                        yield 0;
                    }
                    case FIXED64 -> Long.BYTES;
                    case BYTES -> {
                        long bytes = varint();
                        yield bytes < 0 || bytes > buffer.remaining() ? -1 : (int) bytes;
                    }
                    case FIXED32 -> Integer.BYTES;
                    default -> -1;
                };
        if (field < 1 || length < 0 || length > buffer.remaining()) {
            throw damaged();
        }
        value = buffer.slice(buffer.position(), length);
        buffer.position(buffer.position() + length);
        return true;
    }

    int field() {
        return field;
    }

    /** Of a field that is a message, a string or bytes; valid for as long as the buffer. */
    ProtoReader message() {
        return new ProtoReader(value, offset());
    }

    /** Where the value of a field that is a message, a string or bytes starts in the outermost. */
    long offset() {
        return base + buffer.position() - value.remaining();
    }

    /** Bytes of the value of a field that is a message, a string or bytes. */
    int length() {
        return value.remaining();
    }

    /** The whole field as it stands, its number included. */
    byte[] encoded() {
        byte[] bytes = new byte[buffer.position() - start];
        buffer.get(start, bytes);
        return bytes;
    }

    String string() {
        return StandardCharsets.UTF_8.decode(value.duplicate()).toString();
    }

    private long varint() {
        long result = 0;
        for (int shift = 0; shift < Long.SIZE && buffer.hasRemaining(); shift += 7) {
            byte next = buffer.get();
            result |= (long) (next & 0x7F) << shift;
            if (next >= 0) {
                return result;
            }
        }
        throw damaged();
    }

    private static InvalidModelException damaged() {
        return new InvalidModelException("the ONNX file is damaged: export the model again");
    }
}
