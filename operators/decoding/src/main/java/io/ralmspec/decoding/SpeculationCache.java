package io.ralmspec.decoding;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

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

    /**
     * With the hits of consecutive lookups, those of {@code closest} as the newest: the first wrong
     * guess, which the next lookup will be most like. What lies behind it is drafted again, but
     * likely much alike. Of each lookup the best hit stays longest.
     */
    SpeculationCache with(List<Hits> hits, int closest) {
        Newest newest = new Newest();
        for (int i = closest; i < hits.size(); i++) {
            newest.add(hits.get(i));
        }
        for (int i = closest - 1; i >= 0; i--) {
            newest.add(hits.get(i));
        }
        for (int i = documents.length - 1; i >= 0; i--) {
            newest.add(documents[i]);
        }
        return new SpeculationCache(newest.oldestFirst());
    }

    /** Gathers documents from the newest to the oldest, until there is no more room. */
    private static final class Newest {
        private final Set<Integer> seen = new HashSet<>();
        private final int[] kept = new int[CAPACITY];

        void add(Hits hits) {
            for (int i = 0; i < hits.size() && seen.size() < CAPACITY; i++) {
                add(hits.documents()[i]);
            }
        }

        void add(int document) {
            if (seen.size() < CAPACITY && seen.add(document)) {
                kept[CAPACITY - seen.size()] = document;
            }
        }

        int[] oldestFirst() {
            return Arrays.copyOfRange(kept, CAPACITY - seen.size(), CAPACITY);
        }
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
}
