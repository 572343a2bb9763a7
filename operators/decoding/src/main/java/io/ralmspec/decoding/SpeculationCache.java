package io.ralmspec.decoding;

import java.util.Arrays;
import java.util.List;

/**
 * The documents a request has seen, searched by scoring each with the knowledge base's own metric
 * (paper section 3: the local retrieval cache). If the knowledge base's best document is in here,
 * this finds it, because scores and order are the knowledge base's to the bit.
 *
 * @param documents oldest first, no duplicates
 */
public record SpeculationCache(int[] documents) {
    /** Documents kept at most; beyond it the oldest goes. */
    public static final int CAPACITY = 1024;

    public static final SpeculationCache EMPTY = new SpeculationCache(new int[0]);

    boolean isEmpty() {
        return documents.length == 0;
    }

    /** With these hits as the newest, the best one last so that it stays longest. */
    public SpeculationCache with(Hits hits) {
        int[] found = hits.documents();
        int[] all = new int[documents.length + found.length];
        int size = 0;
        for (int document : documents) {
            if (!contains(found, document)) {
                all[size++] = document;
            }
        }
        for (int i = found.length - 1; i >= 0; i--) {
            all[size++] = found[i];
        }
        return new SpeculationCache(Arrays.copyOfRange(all, Math.max(0, size - CAPACITY), size));
    }

    /**
     * With the hits of consecutive lookups, those of {@code closest} as the newest: the first wrong
     * guess, which the next lookup will be most like. What lies behind it is drafted again, but
     * likely much alike.
     */
    SpeculationCache with(List<Hits> hits, int closest) {
        SpeculationCache cache = this;
        for (int i = 0; i < closest; i++) {
            cache = cache.with(hits.get(i));
        }
        for (int i = hits.size() - 1; i >= closest; i--) {
            cache = cache.with(hits.get(i));
        }
        return cache;
    }

    /** The best cached document for the query, or {@link Hit#NONE}. */
    public Hit top(Query query, DocumentScorer scorer) {
        float[] scores = scorer.scores(query, documents);
        Hit best = Hit.NONE;
        for (int i = 0; i < documents.length; i++) {
            if (scores[i] != Float.NEGATIVE_INFINITY) {
                Hit hit = new Hit(documents[i], scores[i]);
                if (best.isNone() || hit.compareTo(best) < 0) {
                    best = hit;
                }
            }
        }
        return best;
    }

    private static boolean contains(int[] values, int value) {
        for (int candidate : values) {
            if (candidate == value) {
                return true;
            }
        }
        return false;
    }
}
