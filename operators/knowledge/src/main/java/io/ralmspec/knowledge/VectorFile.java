package io.ralmspec.knowledge;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.nio.file.Path;

/**
 * The document vectors on disk: blocks of 64 documents, each stored as {@code [dimension][64]}
 * little-endian numbers, so that one vector register holds one dimension of many documents. The
 * last block is padded with zeros. Thread-safe.
 */
final class VectorFile {
    static final int ROWS = 64;

    private final int documents;
    private final int dimension;
    private final VectorType type;

    /** Of one of them there are as many as segments, of the other none. */
    private final FloatBuffer[] floats;

    private final ShortBuffer[] halves;
    private final int blocksPerSegment;

    private VectorFile(MappedFile file, int documents, int dimension, VectorType type) {
        this.documents = documents;
        this.dimension = dimension;
        this.type = type;
        int segments = file.segmentCount();
        floats = new FloatBuffer[type == VectorType.FP32 ? segments : 0];
        halves = new ShortBuffer[type == VectorType.FP16 ? segments : 0];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = file.segment(i).asFloatBuffer();
        }
        for (int i = 0; i < halves.length; i++) {
            halves[i] = file.segment(i).asShortBuffer();
        }
        blocksPerSegment = (int) (file.segmentBytes() / blockBytes(dimension, type));
    }

    static VectorFile open(Path path, int documents, int dimension) throws IOException {
        return open(path, documents, dimension, VectorType.FP32);
    }

    static VectorFile open(Path path, int documents, int dimension, VectorType type)
            throws IOException {
        return of(MappedFile.open(path, blockBytes(dimension, type)), documents, dimension, type);
    }

    static VectorFile of(MappedFile file, int documents, int dimension) {
        return of(file, documents, dimension, VectorType.FP32);
    }

    static VectorFile of(MappedFile file, int documents, int dimension, VectorType type) {
        return new VectorFile(file, documents, dimension, type);
    }

    static long blockBytes(int dimension) {
        return blockBytes(dimension, VectorType.FP32);
    }

    static long blockBytes(int dimension, VectorType type) {
        return (long) ROWS * dimension * type.bytes();
    }

    static int blocks(int documents) {
        return (int) ((documents + (long) ROWS - 1) / ROWS);
    }

    int documents() {
        return documents;
    }

    int dimension() {
        return dimension;
    }

    int blocks() {
        return blocks(documents);
    }

    /** Documents in this block, without padding. */
    int rows(int block) {
        return Math.min(ROWS, documents - block * ROWS);
    }

    /** What {@link #readSlab} needs besides the slab: one per thread. */
    short[] newScratch(int dimensions) {
        return new short[type == VectorType.FP16 ? ROWS * dimensions : 0];
    }

    /** Copies some dimensions of a block into {@code slab}, which has room for them. */
    void readSlab(int block, int fromDimension, int dimensions, float[] slab, short[] scratch) {
        int length = ROWS * dimensions;
        int from = ROWS * (block % blocksPerSegment * dimension + fromDimension);
        if (type == VectorType.FP32) {
            floats[block / blocksPerSegment].get(from, slab, 0, length);
            return;
        }
        halves[block / blocksPerSegment].get(from, scratch, 0, length);
        for (int i = 0; i < length; i++) {
            slab[i] = Float.float16ToFloat(scratch[i]);
        }
    }

    /** The vector of one document. */
    float[] readRow(int document) {
        int block = document / ROWS;
        int segment = block / blocksPerSegment;
        int from = block % blocksPerSegment * ROWS * dimension + document % ROWS;
        float[] row = new float[dimension];
        for (int d = 0; d < dimension; d++) {
            row[d] =
                    type == VectorType.FP32
                            ? floats[segment].get(from + d * ROWS)
                            : Float.float16ToFloat(halves[segment].get(from + d * ROWS));
        }
        return row;
    }
}
