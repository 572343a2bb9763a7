package io.ralmspec.knowledge;

import io.ralmspec.decoding.Hits;
import io.ralmspec.decoding.Query;
import io.ralmspec.decoding.Retriever;
import io.ralmspec.decoding.RetrieverKind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.lucene.index.NumericDocValues;
import org.apache.lucene.search.CollectionStatistics;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.ScoreDoc;

/**
 * BM25 over Lucene's inverted index. A search finds the exact best documents: Lucene skips only
 * what cannot enter them, and its documents come in our order, so ties fall to the lower ordinal.
 * Single documents are scored from their terms and the statistics of the whole index: a float per
 * term, summed in double precision, as Lucene does.
 */
final class Bm25Retriever implements Retriever {
    /** About 4 KB each for passages of 100 words. */
    private static final int CACHED_DOCUMENTS = 8192;

    private final DocumentStore documents;
    private final LuceneSegment segment;
    private final SearchPool pool;
    private final IndexSearcher searcher;
    private final CollectionStatistics statistics;
    private final DocumentCache<Terms> cache;

    Bm25Retriever(LuceneSegment segment, DocumentStore documents, SearchPool pool)
            throws IOException {
        this.segment = segment;
        this.documents = documents;
        this.pool = pool;
        searcher = new IndexSearcher(segment.reader());
        searcher.setSimilarity(Bm25Text.similarity());
        // Queries hardly repeat, and a cached clause would only take memory.
        searcher.setQueryCache(null);
        statistics = searcher.collectionStatistics(Bm25Text.FIELD);
        cache = new DocumentCache<>(Math.min(CACHED_DOCUMENTS, documents.size()), this::load);
    }

    /**
     * A document as BM25 sees it.
     *
     * @param names sorted
     * @param counts {@code counts[i]} belongs to {@code names[i]}
     * @param norm its length as the index keeps it: rounded to one byte
     */
    private record Terms(String[] names, int[] counts, long norm) {}

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
        try {
            List<Bm25Query.Weighted> weights = weights(query);
            for (int i = 0; i < wanted.length; i++) {
                Checks.requireDocument(wanted[i], documents.size());
                scores[i] =
                        weights.isEmpty()
                                ? Float.NEGATIVE_INFINITY
                                : score(weights, cache.get(wanted[i]));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return scores;
    }

    private Hits search(String text, int topN) {
        try {
            Bm25Query query = new Bm25Query(searcher, text);
            if (query.isEmpty()) {
                return Hits.EMPTY;
            }
            ScoreDoc[] found =
                    searcher.search(query.toLucene(), Math.min(topN, documents.size())).scoreDocs;
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

    private List<Bm25Query.Weighted> weights(Query query) throws IOException {
        return statistics == null
                ? List.of()
                : new Bm25Query(searcher, query.text()).weights(statistics);
    }

    private static float score(List<Bm25Query.Weighted> weights, Terms document) {
        double sum = 0;
        boolean matches = false;
        for (Bm25Query.Weighted weight : weights) {
            int at = Arrays.binarySearch(document.names, weight.term());
            if (at >= 0) {
                matches = true;
                sum += weight.scorer().score(document.counts[at], document.norm);
            }
        }
        return matches ? (float) sum : Float.NEGATIVE_INFINITY;
    }

    private Terms load(int document) {
        Map<String, Integer> terms =
                Bm25Text.terms(documents.passage(document).indexedText(), Integer.MAX_VALUE);
        String[] names = terms.keySet().toArray(String[]::new);
        Arrays.sort(names);
        int[] counts = Arrays.stream(names).mapToInt(terms::get).toArray();
        try {
            NumericDocValues norms = segment.leaf().getNormValues(Bm25Text.FIELD);
            long norm = norms != null && norms.advanceExact(document) ? norms.longValue() : 0;
            return new Terms(names, counts, norm);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
