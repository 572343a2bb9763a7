package io.ralmspec.knowledge;

import io.ralmspec.decoding.Hits;
import io.ralmspec.decoding.Query;
import io.ralmspec.decoding.Retriever;
import io.ralmspec.decoding.RetrieverKind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.apache.lucene.index.NumericDocValues;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TopScoreDocCollectorManager;

/**
 * BM25 over Lucene's inverted index. A search finds the exact best documents: Lucene skips only
 * what cannot enter them, and its documents come in our order, so ties fall to the lower ordinal.
 * Single documents are scored from their terms and the statistics of the whole index: a float per
 * term, summed in double precision, as Lucene does.
 */
final class Bm25Retriever implements Retriever {
    /** About 3 KB each for passages of 100 words. */
    private static final int CACHED_DOCUMENTS = 16_384;

    private final DocumentStore documents;
    private final LuceneSegment segment;
    private final SearchPool pool;
    private final IndexSearcher searcher;
    private final Bm25Terms terms;
    private final DocumentCache<TermCounts> cache;

    Bm25Retriever(LuceneSegment segment, DocumentStore documents, SearchPool pool)
            throws IOException {
        this.segment = segment;
        this.documents = documents;
        this.pool = pool;
        searcher = new IndexSearcher(segment.reader());
        searcher.setSimilarity(Bm25Text.similarity());
        // Queries hardly repeat, and a cached clause would only take memory.
        searcher.setQueryCache(null);
        terms = new Bm25Terms(searcher);
        cache = new DocumentCache<>(Math.min(CACHED_DOCUMENTS, documents.size()), this::load);
    }

    @Override
    public RetrieverKind kind() {
        return RetrieverKind.BM25;
    }

    @Override
    public List<Hits> search(List<Query> queries, int topN) {
        Checks.require(topN >= 1, "top_n", ">= 1", topN);
        Hits[] results = new Hits[queries.size()];
        pool.run(
                results.length,
                () -> results,
                (all, item) -> all[item] = search(queries.get(item).text(), topN));
        return List.of(results);
    }

    @Override
    public float[] scores(Query query, int[] wanted) {
        float[] scores = new float[wanted.length];
        Bm25Query weighted = new Bm25Query(terms, query.text());
        for (int i = 0; i < wanted.length; i++) {
            Checks.requireDocument(wanted[i], documents.size());
            scores[i] =
                    weighted.isEmpty()
                            ? Float.NEGATIVE_INFINITY
                            : weighted.score(cache.get(wanted[i]));
        }
        return scores;
    }

    private Hits search(String text, int topN) {
        try {
            Bm25Query query = new Bm25Query(terms, text);
            if (query.isEmpty()) {
                return Hits.EMPTY;
            }
            int wanted = Math.min(topN, documents.size());
            // The second number lets Lucene skip once it has enough, not only after 1000 hits.
            ScoreDoc[] found =
                    searcher.search(
                                    query.toLucene(),
                                    new TopScoreDocCollectorManager(wanted, wanted))
                            .scoreDocs;
            int[] ordinals = new int[found.length];
            float[] scores = new float[found.length];
            for (int i = 0; i < found.length; i++) {
                ordinals[i] = found[i].doc;
                scores[i] = found[i].score;
            }
            return new Hits(ordinals, scores);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private TermCounts load(int document) {
        try {
            NumericDocValues norms = segment.leaf().getNormValues(Bm25Text.FIELD);
            long norm = norms != null && norms.advanceExact(document) ? norms.longValue() : 0;
            return new TermCounts(documents.passage(document).indexedText(), norm);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
