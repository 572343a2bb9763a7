package io.ralmspec.knowledge;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.lucene.index.Term;
import org.apache.lucene.index.TermStates;
import org.apache.lucene.search.CollectionStatistics;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.similarities.Similarity.SimScorer;
import org.jspecify.annotations.Nullable;

/**
 * What the whole index knows of a term. Consecutive queries share most of their terms, so what was
 * looked up is kept: finding a term in the index takes longer than scoring it. Thread-safe.
 */
final class Bm25Terms {
    /** About 1.5 KB each. */
    private static final int KEPT = 8192;

    /**
     * @param term {@code name}, for Lucene
     * @param hash {@link TermCounts#hash} of the name
     * @param states where its postings are
     * @param scorer that of a query in which it occurs once
     */
    record Known(Term term, char[] name, int hash, TermStates states, SimScorer scorer) {}

    private final IndexSearcher searcher;
    private final @Nullable CollectionStatistics collection;
    private final ConcurrentHashMap<String, Optional<Known>> kept = new ConcurrentHashMap<>();

    Bm25Terms(IndexSearcher searcher) throws IOException {
        this.searcher = searcher;
        collection = searcher.collectionStatistics(Bm25Text.FIELD);
    }

    /** Null where no document holds the term. */
    @Nullable Known find(String name) {
        Optional<Known> found = kept.get(name);
        if (found == null) {
            // Simpler than a queue by age, and the terms in use are soon back.
            if (kept.size() >= KEPT) {
                kept.clear();
            }
            found = Optional.ofNullable(look(name));
            kept.put(name, found);
        }
        return found.orElse(null);
    }

    /** That of a query in which the term occurs {@code count} times. */
    SimScorer scorer(Known known, int count) {
        return count == 1 ? known.scorer : scorer(known.term, known.states, count);
    }

    private @Nullable Known look(String name) {
        try {
            Term term = new Term(Bm25Text.FIELD, name);
            TermStates states = TermStates.build(searcher, term, true);
            if (states.docFreq() == 0) {
                return null;
            }
            char[] characters = name.toCharArray();
            return new Known(
                    term,
                    characters,
                    TermCounts.hash(characters, characters.length),
                    states,
                    scorer(term, states, 1));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private SimScorer scorer(Term term, TermStates states, int count) {
        if (collection == null) {
            throw new IllegalStateException("the index has a term but no statistics");
        }
        try {
            return searcher.getSimilarity()
                    .scorer(
                            count,
                            collection,
                            searcher.termStatistics(
                                    term, states.docFreq(), states.totalTermFreq()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
