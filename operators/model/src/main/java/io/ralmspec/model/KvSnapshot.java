package io.ralmspec.model;

import java.util.List;

/**
 * Keys and values as one run left them, never written again. Several sequences and the document
 * cache may hold one; the last to let go closes it. Not thread-safe.
 */
final class KvSnapshot {
    private final int length;
    private final List<TensorHandle> tensors;
    private int holders = 1;

    /**
     * @param length positions in it
     */
    KvSnapshot(int length, List<TensorHandle> tensors) {
        this.length = length;
        this.tensors = List.copyOf(tensors);
    }

    int length() {
        return length;
    }

    List<TensorHandle> tensors() {
        return tensors;
    }

    KvSnapshot hold() {
        requireHeld();
        holders++;
        return this;
    }

    void letGo() {
        requireHeld();
        if (--holders == 0) {
            tensors.forEach(TensorHandle::close);
        }
    }

    private void requireHeld() {
        if (holders == 0) {
            throw new IllegalStateException("keys and values were used after they were closed");
        }
    }
}
