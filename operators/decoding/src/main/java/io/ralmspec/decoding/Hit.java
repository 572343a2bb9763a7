package io.ralmspec.decoding;

/**
 * A document found for a query. Hits are totally ordered: score descending, then document
 * ascending.
 *
 * @param document the document's ordinal in its knowledge base, or -1 for {@link #NONE}
 */
public record Hit(int document, float score) implements Comparable<Hit> {
    /** Nothing matches: the language model then runs without a document. */
    public static final Hit NONE = new Hit(-1, Float.NEGATIVE_INFINITY);

    public boolean isNone() {
        return document < 0;
    }

    @Override
    public int compareTo(Hit other) {
        int byScore = Float.compare(other.score, score);
        return byScore != 0 ? byScore : Integer.compare(document, other.document);
    }
}
