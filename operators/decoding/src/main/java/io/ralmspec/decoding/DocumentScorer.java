package io.ralmspec.decoding;

/** Scores single documents as the knowledge base would, to the bit. */
@FunctionalInterface
public interface DocumentScorer {
    /**
     * {@code result[i]} is the score that {@link Retriever#search} gives {@code documents[i]} for
     * this query, or negative infinity where search would never return it (BM25: no term in
     * common).
     */
    float[] scores(Query query, int[] documents);
}
