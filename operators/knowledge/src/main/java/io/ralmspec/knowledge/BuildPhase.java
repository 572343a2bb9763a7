package io.ralmspec.knowledge;

/** The phases of a build, in order. Phases that a retriever does not need are left out. */
public enum BuildPhase {
    /** Reads the corpus; counted in bytes of the source file, compressed or not. */
    READ("bytes"),
    /** Embeds documents; by far the longest phase. */
    ENCODE("documents"),
    /** Runs the language model over the corpus of a datastore; by far its longest phase. */
    KEYS("tokens"),
    /** Fills the inverted index of BM25. */
    SPARSE("documents"),
    /** Copies the vectors for HNSW. */
    GRAPH("vectors"),
    /** Links the graph of HNSW; takes minutes for a million vectors. */
    LINK("vectors"),
    /** Reads everything back for the manifest's checksums. */
    CHECKSUM("bytes");

    private final String unit;

    BuildPhase(String unit) {
        this.unit = unit;
    }

    /** What {@link BuildListener#progress} counts. */
    public String unit() {
        return unit;
    }
}
