package io.ralmspec.decoding;

import java.util.ArrayList;
import java.util.Collections;
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
    private final int failOneIn;
    private final float[][] vectors;

    public ScriptedKnowledgeBase(long seed, int size) {
        this(seed, size, 0);
    }

    /**
     * @param failOneIn it always fails on one query in this many; 0 for none
     */
    ScriptedKnowledgeBase(long seed, int size, int failOneIn) {
        this.seed = seed;
        this.size = size;
        this.failOneIn = failOneIn;
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
    public String fingerprint() {
        return "scripted-" + seed + "-" + size;
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
            if (failOneIn > 0 && Hash.below(failOneIn, seed, query.text().hashCode()) == 0) {
                throw new ScriptedFailure(ErrorCode.RETRIEVAL_FAILED);
            }
            float[] scores = scores(query, IntStream.range(0, size).toArray());
            List<Hit> hits = new ArrayList<>();
            for (int document = 0; document < size; document++) {
                if (scores[document] != Float.NEGATIVE_INFINITY && reaches(query, document)) {
                    hits.add(new Hit(document, scores[document]));
                }
            }
            Collections.sort(hits);
            int count = Math.min(topN, hits.size());
            int[] documents = new int[count];
            float[] found = new float[count];
            for (int i = 0; i < count; i++) {
                documents[i] = hits.get(i).document();
                found[i] = hits.get(i).score();
            }
            return new Hits(documents, found);
        }

        private boolean reaches(Query query, int document) {
            return kind != RetrieverKind.HNSW
                    || Hash.below(5, seed, query.text().hashCode(), document) != 0;
        }

        @Override
        public float[] scores(Query query, int[] documents) {
            int[] words = kind.dense() ? new int[0] : wordHashes(query.text());
            float[] scores = new float[documents.length];
            for (int i = 0; i < documents.length; i++) {
                scores[i] = kind.dense() ? dot(query, documents[i]) : overlap(words, documents[i]);
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

        private float overlap(int[] words, int document) {
            int common = 0;
            for (int word : words) {
                common += Hash.below(40, seed, document, word) == 0 ? 1 : 0;
            }
            return common == 0 ? Float.NEGATIVE_INFINITY : common;
        }
    }

    private static int[] wordHashes(String text) {
        String[] words = ScriptedEncoder.WHITESPACE.split(text);
        int[] hashes = new int[words.length];
        for (int i = 0; i < hashes.length; i++) {
            hashes[i] = words[i].hashCode();
        }
        return hashes;
    }
}
