package io.ralmspec.model;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/**
 * Direct memory for the keys and values of {@link #capacity()} positions: per layer one buffer of
 * keys and one of values, [heads, capacity, size] floats each.
 */
final class KvMemory {
    private final GraphShape shape;
    private final int capacity;
    private final FloatBuffer[] buffers;

    KvMemory(GraphShape shape, int capacity) {
        this.shape = shape;
        this.capacity = capacity;
        int bytes =
                Math.toIntExact((long) shape.kvHeads() * capacity * shape.headSize() * Float.BYTES);
        buffers = new FloatBuffer[shape.pastNames().size()];
        try {
            for (int i = 0; i < buffers.length; i++) {
                buffers[i] =
                        ByteBuffer.allocateDirect(bytes)
                                .order(ByteOrder.nativeOrder())
                                .asFloatBuffer();
            }
        } catch (OutOfMemoryError e) {
            throw new ModelRunException(
                    "no memory outside the heap for keys and values of %d positions (%d bytes): allow more (-XX:MaxDirectMemorySize; in Flink taskmanager.memory.task.off-heap.size) or keep less (document_kv_bytes, sequence_kv_bytes)"
                            .formatted(capacity, bytes()),
                    e);
        }
    }

    int capacity() {
        return capacity;
    }

    long bytes() {
        return shape.kvBytesPerToken() * capacity;
    }

    int count() {
        return buffers.length;
    }

    FloatBuffer buffer(int index) {
        return buffers[index];
    }

    /** Copies the first {@code positions} of {@code source}. */
    void copyFrom(KvMemory source, int positions) {
        int size = shape.headSize();
        for (int i = 0; i < buffers.length; i++) {
            for (int head = 0; head < shape.kvHeads(); head++) {
                buffers[i].put(
                        head * capacity * size,
                        source.buffers[i],
                        head * source.capacity * size,
                        positions * size);
            }
        }
    }
}
