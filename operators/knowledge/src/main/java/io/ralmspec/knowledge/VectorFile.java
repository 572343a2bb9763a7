package io.ralmspec.knowledge;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;

/**
 * The document vectors on disk: blocks of 64 documents, each stored as {@code [dimension][64]}
 * little-endian floats, so that one vector register holds one dimension of many documents. The last
 * block is padded with zeros. Thread-safe.
 */
final class VectorFile {
    static final int ROWS = 64;

    private final int documents;
    private final int dimension;
    private final FloatBuffer[] segments;
    private final int blocksPerSegment;

    private VectorFile(int documents, int dimension, FloatBuffer[] segments, int blocksPerSegment) {
        this.documents = documents;
        this.dimension = dimension;
        this.segments = segments;
        this.blocksPerSegment = blocksPerSegment;
    }

    static VectorFile open(Path path, int documents, int dimension) throws IOException {
        return of(MappedFile.open(path, blockBytes(dimension)), documents, dimension);
    }

    static VectorFile of(MappedFile file, int documents, int dimension) {
        FloatBuffer[] segments = new FloatBuffer[file.segmentCount()];
        for (int i = 0; i < segments.length; i++) {
            segments[i] = file.segment(i).asFloatBuffer();
        }
        int blocksPerSegment = (int) (file.segmentBytes() / blockBytes(dimension));
        return new VectorFile(documents, dimension, segments, blocksPerSegment);
    }

    static long blockBytes(int dimension) {
        return (long) ROWS * dimension * Float.BYTES;
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

    /** Copies a whole block into {@code tile}, which has room for it. */
    void readBlock(int block, float[] tile) {
        int length = ROWS * dimension;
        segments[block / blocksPerSegment].get(block % blocksPerSegment * length, tile, 0, length);
    }

    /** The vector of one document. */
    float[] readRow(int document) {
        int block = document / ROWS;
        FloatBuffer segment = segments[block / blocksPerSegment];
        int from = block % blocksPerSegment * ROWS * dimension + document % ROWS;
        float[] row = new float[dimension];
        for (int d = 0; d < dimension; d++) {
            row[d] = segment.get(from + d * ROWS);
        }
        return row;
    }
}
