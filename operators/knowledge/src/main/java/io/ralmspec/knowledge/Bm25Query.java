package io.ralmspec.knowledge;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.lucene.index.Term;
import org.apache.lucene.index.TermStates;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.BoostQuery;
import org.apache.lucene.search.CollectionStatistics;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.search.similarities.Similarity.SimScorer;

/**
 * A query as a bag of terms that the index knows, in order of first occurrence. A term that occurs
 * n times weighs n times as much. Both ways to score go through here: a Lucene query over the whole
 * index, and term weights for single documents.
 */
final class Bm25Query {
    /** A term and its weight, from the statistics of the whole index. */
    record Weighted(String term, SimScorer scorer) {}

    /** More different terms than this are not searched for; Lucene's own bound is 1024. */
    static final int MAX_TERMS = 512;

    private record Known(Term term, TermStates states, int count) {}

    private final IndexSearcher searcher;
    private final List<Known> terms = new ArrayList<>();

    Bm25Query(IndexSearcher searcher, String text) throws IOException {
        this.searcher = searcher;
        for (Map.Entry<String, Integer> entry : Bm25Text.terms(text, MAX_TERMS).entrySet()) {
            Term term = new Term(Bm25Text.FIELD, entry.getKey());
            TermStates states = TermStates.build(searcher, term, true);
            if (states.docFreq() > 0) {
                terms.add(new Known(term, states, entry.getValue()));
            }
        }
    }

    /** Whether no document can match. */
    boolean isEmpty() {
        return terms.isEmpty();
    }

    Query toLucene() {
        BooleanQuery.Builder query = new BooleanQuery.Builder();
        for (Known known : terms) {
            Query term = new TermQuery(known.term, known.states);
            query.add(
                    known.count == 1 ? term : new BoostQuery(term, known.count),
                    BooleanClause.Occur.SHOULD);
        }
        return query.build();
    }

    List<Weighted> weights(CollectionStatistics collection) throws IOException {
        List<Weighted> weights = new ArrayList<>(terms.size());
        for (Known known : terms) {
            SimScorer scorer =
                    searcher.getSimilarity()
                            .scorer(
                                    known.count,
                                    collection,
                                    searcher.termStatistics(
                                            known.term,
                                            known.states.docFreq(),
                                            known.states.totalTermFreq()));
            weights.add(new Weighted(known.term.text(), scorer));
        }
        return weights;
    }
}
