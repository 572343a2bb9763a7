package io.ralmspec.knowledge;

import io.ralmspec.decoding.Hits;
import io.ralmspec.decoding.Query;
import io.ralmspec.decoding.Retriever;
import io.ralmspec.decoding.RetrieverKind;
import java.util.List;

/**
 * Exact inner product over all documents. One batch of up to eight queries costs about as much as
 * one query, see {@link ExactSearch}.
 */
final class ExactRetriever implements Retriever {
    private final VectorFile vectors;
    private final ExactSearch search;

    ExactRetriever(VectorFile vectors, SearchPool pool, ScoreKernel kernel) {
        this.vectors = vectors;
        search = new ExactSearch(vectors, pool, kernel, Metric.INNER_PRODUCT);
    }

    @Override
    public RetrieverKind kind() {
        return RetrieverKind.EXACT;
    }

    @Override
    public List<Hits> search(List<Query> queries, int topN) {
        Checks.require(topN >= 1, "top_n", ">= 1", topN);
        queries.forEach(query -> Checks.requireVector(query.vector(), vectors.dimension()));
        return search.search(queries.stream().map(Query::vector).toList(), topN).stream()
                .map(TopHits::toHits)
                .toList();
    }

    @Override
    public float[] scores(Query query, int[] documents) {
        Checks.requireVector(query.vector(), vectors.dimension());
        for (int document : documents) {
            Checks.requireDocument(document, vectors.documents());
        }
        return search.scores(query.vector(), documents);
    }
}
