package io.ralmspec.knowledge;

import io.ralmspec.decoding.Hits;
import io.ralmspec.decoding.Query;
import io.ralmspec.decoding.Retriever;
import io.ralmspec.decoding.RetrieverKind;
import java.io.IOException;
import java.util.List;

/**
 * Approximate inner product, see {@link HnswSearch}. The walk always keeps {@code efSearch}
 * candidates, whatever the caller asks for, so the first hits are the same for every batch and
 * every {@code topN}.
 */
final class HnswRetriever implements Retriever {
    private final HnswSearch search;
    private final int dimension;
    private final int efSearch;

    HnswRetriever(
            LuceneSegment segment, int dimension, int efSearch, SearchPool pool, ScoreKernel kernel)
            throws IOException {
        this.dimension = dimension;
        this.efSearch = efSearch;
        search = new HnswSearch(segment, dimension, efSearch, Metric.INNER_PRODUCT, pool, kernel);
    }

    @Override
    public RetrieverKind kind() {
        return RetrieverKind.HNSW;
    }

    @Override
    public List<Hits> search(List<Query> queries, int topN) {
        Checks.require(topN >= 1, "top_n", ">= 1", topN);
        Checks.require(topN <= efSearch, "top_n", "<= the option ef_search, " + efSearch, topN);
        queries.forEach(query -> Checks.requireVector(query.vector(), dimension));
        List<float[]> vectors = queries.stream().map(Query::vector).toList();
        return search.search(vectors, topN, efSearch).stream().map(TopHits::toHits).toList();
    }

    @Override
    public float[] scores(Query query, int[] wanted) {
        Checks.requireVector(query.vector(), dimension);
        for (int document : wanted) {
            Checks.requireDocument(document, search.documents());
        }
        return search.scores(query.vector(), wanted);
    }
}
