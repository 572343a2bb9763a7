package io.ralmspec.job.bench;

import io.ralmspec.decoding.Hits;
import io.ralmspec.decoding.Query;
import io.ralmspec.decoding.Retriever;
import io.ralmspec.decoding.RetrieverKind;
import java.util.List;

/**
 * A retriever that tells of each query that is searched.
 *
 * @param searched runs before each query
 */
record GuessRetriever(Retriever within, Runnable searched) implements Retriever {
    @Override
    public RetrieverKind kind() {
        return within.kind();
    }

    @Override
    public List<Hits> search(List<Query> queries, int topN) {
        queries.forEach(query -> searched.run());
        return within.search(queries, topN);
    }

    @Override
    public float[] scores(Query query, int[] documents) {
        return within.scores(query, documents);
    }
}
