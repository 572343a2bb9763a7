package io.ralmspec.knowledge;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.BoostQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.search.similarities.Similarity.SimScorer;

/**
 * A query as a bag of terms that the index knows, in order of first occurrence. A term that occurs
 * n times weighs n times as much. Both ways to score go through here: a Lucene query over the whole
 * index, and the score of a single document.
 */
final class Bm25Query {
    /** More different terms than this are not searched for; Lucene's own bound is 1024. */
    static final int MAX_TERMS = 512;

    private record Weighted(Bm25Terms.Known known, int count) {}

    private final List<Weighted> terms = new ArrayList<>();
    // The same terms again, for the loop over thousands of documents.
    private final char[][] names;
    private final int[] hashes;
    private final SimScorer[] scorers;

    Bm25Query(Bm25Terms index, String text) {
        for (Map.Entry<String, Integer> entry : Bm25Text.terms(text, MAX_TERMS).entrySet()) {
            Bm25Terms.Known known = index.find(entry.getKey());
            if (known != null) {
                terms.add(new Weighted(known, entry.getValue()));
            }
        }
        names = new char[terms.size()][];
        hashes = new int[terms.size()];
        scorers = new SimScorer[terms.size()];
        for (int i = 0; i < names.length; i++) {
            Weighted weighted = terms.get(i);
            names[i] = weighted.known.name();
            hashes[i] = weighted.known.hash();
            scorers[i] = index.scorer(weighted.known, weighted.count);
        }
    }

    /** Whether no document can match. */
    boolean isEmpty() {
        return terms.isEmpty();
    }

    Query toLucene() {
        BooleanQuery.Builder query = new BooleanQuery.Builder();
        for (Weighted weighted : terms) {
            Query term = new TermQuery(weighted.known.term(), weighted.known.states());
            query.add(
                    weighted.count == 1 ? term : new BoostQuery(term, weighted.count),
                    BooleanClause.Occur.SHOULD);
        }
        return query.build();
    }

    /** As Lucene does: a float per term, summed in double precision; negative infinity if none. */
    float score(TermCounts document) {
        double sum = 0;
        boolean matches = false;
        for (int i = 0; i < hashes.length; i++) {
            int count = document.count(names[i], hashes[i]);
            if (count > 0) {
                matches = true;
                sum += scorers[i].score(count, document.norm());
            }
        }
        return matches ? (float) sum : Float.NEGATIVE_INFINITY;
    }
}
