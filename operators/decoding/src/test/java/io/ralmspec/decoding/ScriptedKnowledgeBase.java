package io.ralmspec.decoding;

import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * A small knowledge base with many equal scores. Its approximate retriever misses some documents,
 * so that guesses from the cache can be better than the truth and still must lose; its sparse one
 * matches nothing at all for some queries.
 */
public final class ScriptedKnowledgeBase implements KnowledgeBase {
    private final long seed;
    private final int size;
    private final float[][] vectors;

    public ScriptedKnowledgeBase(long seed, int size) {
        this.seed = seed;
        this.size = size;
        this.vectors = new float[size][ScriptedEncoder.DIMENSION];
        for (int document = 0; document < size; document++) {
            for (int d = 0; d < ScriptedEncoder.DIMENSION; d++) {
                vectors[document][d] = Hash.below(4, seed, document, d);
            }
        }
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public String id(int document) {
        return "doc-" + Objects.checkIndex(document, size);
    }

    @Override
    public String title(int document) {
        return "Title " + Objects.checkIndex(document, size);
    }

    @Override
    public String text(int document) {
        return "Text of document " + Objects.checkIndex(document, size);
    }

    @Override
    public boolean has(RetrieverKind kind) {
        return true;
    }

    @Override
    public Retriever retriever(RetrieverKind kind) {
        return new ScriptedRetriever(kind);
    }

    @Override
    public void close() {}

    private final class ScriptedRetriever implements Retriever {
        private final RetrieverKind kind;

        ScriptedRetriever(RetrieverKind kind) {
            this.kind = kind;
        }

        @Override
        public RetrieverKind kind() {
            return kind;
        }

        @Override
        public List<Hits> search(List<Query> queries, int topN) {
            return queries.stream().map(query -> search(query, topN)).toList();
        }

        private Hits search(Query query, int topN) {
            int[] candidates =
                    IntStream.range(0, size).filter(document -> reaches(query, document)).toArray();
            float[] scores = scores(query, candidates);
            List<Hit> hits =
                    IntStream.range(0, candidates.length)
                            .mapToObj(i -> new Hit(candidates[i], scores[i]))
                            .filter(hit -> hit.score() != Float.NEGATIVE_INFINITY)
                            .sorted()
                            .limit(topN)
                            .toList();
            float[] found = new float[hits.size()];
            for (int i = 0; i < found.length; i++) {
                found[i] = hits.get(i).score();
            }
            return new Hits(hits.stream().mapToInt(Hit::document).toArray(), found);
        }

        private boolean reaches(Query query, int document) {
            return kind != RetrieverKind.HNSW
                    || Hash.below(5, seed, query.text().hashCode(), document) != 0;
        }

        @Override
        public float[] scores(Query query, int[] documents) {
            float[] scores = new float[documents.length];
            for (int i = 0; i < documents.length; i++) {
                scores[i] = kind.dense() ? dot(query, documents[i]) : overlap(query, documents[i]);
            }
            return scores;
        }

        private float dot(Query query, int document) {
            float sum = 0;
            for (int d = 0; d < ScriptedEncoder.DIMENSION; d++) {
                sum += query.vector()[d] * vectors[document][d];
            }
            return sum;
        }

        private float overlap(Query query, int document) {
            int common = 0;
            for (String word : query.text().split("\\s+")) {
                common += Hash.below(40, seed, document, word.hashCode()) == 0 ? 1 : 0;
            }
            return common == 0 ? Float.NEGATIVE_INFINITY : common;
        }
    }
}
