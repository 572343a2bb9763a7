package io.ralmspec.decoding;

/**
 * The best documents for one query, best first; possibly empty.
 *
 * @param scores {@code scores[i]} belongs to {@code documents[i]}
 */
public record Hits(int[] documents, float[] scores) {
    public static final Hits EMPTY = new Hits(new int[0], new float[0]);

    public Hits {
        Checks.require(
                documents.length == scores.length,
                "scores",
                "as many as documents (" + documents.length + ")",
                scores.length);
    }

    public int size() {
        return documents.length;
    }

    /** The best hit, or {@link Hit#NONE}. */
    public Hit top() {
        return documents.length == 0 ? Hit.NONE : new Hit(documents[0], scores[0]);
    }
}
