package io.ralmspec.job.bench;

import io.ralmspec.decoding.Hits;
import io.ralmspec.decoding.KnowledgeBase;
import io.ralmspec.decoding.Query;
import io.ralmspec.decoding.Retriever;
import io.ralmspec.decoding.RetrieverKind;
import java.util.List;

/**
 * A knowledge base that tells of each query that is searched in it. Does not own the one within.
 *
 * @param searched runs before each query
 */
record GuessedKnowledgeBase(KnowledgeBase within, Runnable searched) implements KnowledgeBase {
    @Override
    public Retriever retriever(RetrieverKind kind) {
        return new Told(within.retriever(kind), searched);
    }

    private record Told(Retriever within, Runnable searched) implements Retriever {
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

    @Override
    public boolean has(RetrieverKind kind) {
        return within.has(kind);
    }

    @Override
    public String fingerprint() {
        return within.fingerprint();
    }

    @Override
    public int size() {
        return within.size();
    }

    @Override
    public String id(int document) {
        return within.id(document);
    }

    @Override
    public String title(int document) {
        return within.title(document);
    }

    @Override
    public String text(int document) {
        return within.text(document);
    }

    @Override
    public void close() {}
}
