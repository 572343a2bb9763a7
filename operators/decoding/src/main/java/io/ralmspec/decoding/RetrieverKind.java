package io.ralmspec.decoding;

import java.util.Arrays;
import java.util.Optional;

/** The ways a knowledge base finds documents. The wire name is what requests and options say. */
public enum RetrieverKind {
    /** Exact inner product over all document vectors. */
    EXACT("exact", true),
    /** Approximate inner product over a hierarchical navigable small world graph. */
    HNSW("hnsw", true),
    /** Sparse retrieval, BM25. */
    BM25("bm25", false);

    private final String wireName;
    private final boolean dense;

    RetrieverKind(String wireName, boolean dense) {
        this.wireName = wireName;
        this.dense = dense;
    }

    public String wireName() {
        return wireName;
    }

    /** Whether queries need a vector. */
    public boolean dense() {
        return dense;
    }

    public static Optional<RetrieverKind> ofWireName(String name) {
        return Arrays.stream(values()).filter(kind -> kind.wireName.equals(name)).findFirst();
    }
}
