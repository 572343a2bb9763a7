package io.ralmspec.decoding.knnlm;

import java.util.List;

/**
 * One entry per corpus token, in corpus order, so that the successor of position p is p + 1: a key
 * (what the language model had in mind, see {@link TokenState#key}) and the token that followed.
 * Thread-safe; blocks.
 */
public interface Datastore extends AutoCloseable {
    /** Entries, at least 1. */
    int size();

    /** Floats per key. */
    int dimension();

    boolean has(SearchKind kind);

    /**
     * Names what a session keeps of a datastore: equal for two in which every position is the same
     * entry. Not empty.
     */
    String fingerprint();

    /**
     * The {@code min(k, size)} nearest entries of each key (an approximate search may find fewer);
     * {@code result.get(i)} belongs to {@code keys.get(i)}. The same, to the bit, whatever else is
     * in the batch.
     *
     * @param k at least 1
     */
    List<Neighbours> search(List<float[]> keys, int k, SearchKind kind);

    /**
     * The most neighbours that may be asked for in place of k without changing the first k, to the
     * bit; at least k.
     */
    int largestCount(int k, SearchKind kind);

    /** The token that follows an entry's key. */
    int token(int position);

    /**
     * The {@code min(k, positions.length)} nearest among these entries, with distances equal to
     * those of {@link #search} to the bit, whatever its kind.
     *
     * @param positions distinct, in any order
     * @param k at least 1
     */
    Neighbours nearest(float[] key, int[] positions, int k);

    @Override
    void close();
}
