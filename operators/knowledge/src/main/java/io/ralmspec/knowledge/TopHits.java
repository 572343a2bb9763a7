package io.ralmspec.knowledge;

import io.ralmspec.decoding.Hits;
import java.util.Arrays;

/**
 * The best hits seen so far: a bounded heap, the worst on top. Score and document are packed into
 * one long that sorts as {@link io.ralmspec.decoding.Hit} does (score descending, then document
 * ascending), so the result does not depend on the order of arrival. Not thread-safe.
 */
final class TopHits {
    private final long[] heap;
    private int size;
    private float threshold = Float.NEGATIVE_INFINITY;

    TopHits(int capacity) {
        heap = new long[capacity];
    }

    /** A lower score than this can't enter any more. */
    float threshold() {
        return threshold;
    }

    void offer(int document, float score) {
        // Also false for -0.0 against 0.0, which only the packed comparison below tells apart.
        if (score < threshold) {
            return;
        }
        offer(pack(document, score));
    }

    void merge(TopHits other) {
        for (int i = 0; i < other.size; i++) {
            offer(other.heap[i]);
        }
    }

    Hits toHits() {
        long[] sorted = Arrays.copyOf(heap, size);
        Arrays.sort(sorted);
        int[] documents = new int[size];
        float[] scores = new float[size];
        for (int i = 0; i < size; i++) {
            long packed = sorted[size - 1 - i];
            documents[i] = ~(int) packed;
            scores[i] = score(packed);
        }
        return new Hits(documents, scores);
    }

    private void offer(long packed) {
        if (size < heap.length) {
            heap[size++] = packed;
            siftUp(size - 1);
        } else if (packed > heap[0]) {
            heap[0] = packed;
            siftDown();
        } else {
            return;
        }
        if (size == heap.length) {
            threshold = score(heap[0]);
        }
    }

    private void siftUp(int from) {
        int child = from;
        long value = heap[child];
        while (child > 0) {
            int parent = (child - 1) / 2;
            if (heap[parent] <= value) {
                break;
            }
            heap[child] = heap[parent];
            child = parent;
        }
        heap[child] = value;
    }

    private void siftDown() {
        long value = heap[0];
        int parent = 0;
        int child = 1;
        while (child < size) {
            if (child + 1 < size && heap[child + 1] < heap[child]) {
                child++;
            }
            if (heap[child] >= value) {
                break;
            }
            heap[parent] = heap[child];
            parent = child;
            child = 2 * parent + 1;
        }
        heap[parent] = value;
    }

    private static long pack(int document, float score) {
        return ((long) sortable(Float.floatToIntBits(score)) << 32) | (~document & 0xFFFF_FFFFL);
    }

    private static float score(long packed) {
        return Float.intBitsToFloat(sortable((int) (packed >> 32)));
    }

    /** Float bits to an int with the same order, and back. */
    private static int sortable(int bits) {
        return bits ^ ((bits >> 31) & 0x7FFF_FFFF);
    }
}
