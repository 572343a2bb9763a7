package io.ralmspec.knowledge;

import io.ralmspec.decoding.Hits;
import io.ralmspec.decoding.Query;
import io.ralmspec.decoding.Retriever;
import io.ralmspec.decoding.RetrieverKind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.lucene.codecs.KnnVectorsReader;
import org.apache.lucene.codecs.hnsw.HnswGraphProvider;
import org.apache.lucene.codecs.perfield.PerFieldKnnVectorsFormat;
import org.apache.lucene.index.CodecReader;
import org.apache.lucene.index.FloatVectorValues;
import org.apache.lucene.search.KnnCollector;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TopKnnCollector;
import org.apache.lucene.util.hnsw.HnswGraph;
import org.apache.lucene.util.hnsw.HnswGraphSearcher;
import org.apache.lucene.util.hnsw.RandomVectorScorer;

/**
 * Approximate inner product over Lucene's graph. The walk always keeps {@code efSearch} candidates,
 * whatever the caller asks for, and is guided by our own inner product, whose bits do not depend on
 * the machine; the candidates are then scored exactly and totally ordered. So the first hits are
 * the same for every batch and every {@code topN}.
 */
final class HnswRetriever implements Retriever {
    static final String FIELD = "vector";

    private final LuceneSegment segment;
    private final HnswGraphProvider graphs;
    private final int documents;
    private final int dimension;
    private final int efSearch;
    private final SearchPool pool;
    private final ScoreKernel kernel;

    HnswRetriever(
            LuceneSegment segment, int dimension, int efSearch, SearchPool pool, ScoreKernel kernel)
            throws IOException {
        this.segment = segment;
        this.dimension = dimension;
        this.efSearch = efSearch;
        this.pool = pool;
        this.kernel = kernel;
        documents = segment.reader().maxDoc();
        graphs = graphs(segment);
        FloatVectorValues values = segment.leaf().getFloatVectorValues(FIELD);
        boolean complete =
                values != null && values.size() == documents && values.dimension() == dimension;
        boolean navigable = complete && graphs.getGraph(FIELD).size() == documents;
        // Up to efSearch documents are compared one by one, and so few may have no graph.
        if (!complete || (!navigable && documents > efSearch)) {
            throw new IndexException(
                    "the HNSW index lacks vectors or links of its %d documents: rebuild the index"
                            .formatted(documents));
        }
    }

    private static HnswGraphProvider graphs(LuceneSegment segment) {
        if (segment.leaf() instanceof CodecReader codec
                && codec.getVectorReader()
                        instanceof PerFieldKnnVectorsFormat.FieldsReader fields) {
            KnnVectorsReader reader = fields.getFieldReader(FIELD);
            if (reader instanceof HnswGraphProvider provider) {
                return provider;
            }
        }
        throw new IndexException("the HNSW index holds no graph: rebuild the index");
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
        Hits[] results = new Hits[queries.size()];
        pool.run(
                results.length,
                () -> results,
                (all, item) -> all[item] = search(queries.get(item).vector(), topN));
        return List.of(results);
    }

    @Override
    public float[] scores(Query query, int[] wanted) {
        Checks.requireVector(query.vector(), dimension);
        for (int document : wanted) {
            Checks.requireDocument(document, documents);
        }
        try {
            return scores(query.vector(), wanted, vectors());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Hits search(float[] query, int topN) {
        try {
            FloatVectorValues values = vectors();
            int[] candidates =
                    documents <= efSearch
                            ? IntStream.range(0, documents).toArray()
                            : walk(query, values);
            float[] scores = scores(query, candidates, values);
            TopHits top = new TopHits(Math.min(topN, candidates.length));
            for (int i = 0; i < candidates.length; i++) {
                top.offer(candidates[i], scores[i]);
            }
            return top.toHits();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private int[] walk(float[] query, FloatVectorValues values) throws IOException {
        HnswGraph graph = graphs.getGraph(FIELD);
        KnnCollector collector = new TopKnnCollector(efSearch, Integer.MAX_VALUE);
        HnswGraphSearcher.search(new Guide(query, values), collector, graph, null);
        return Arrays.stream(collector.topDocs().scoreDocs)
                .mapToInt((ScoreDoc hit) -> hit.doc)
                .toArray();
    }

    private FloatVectorValues vectors() throws IOException {
        // Not thread-safe: every search takes its own view of the mapped file.
        FloatVectorValues values = segment.leaf().getFloatVectorValues(FIELD);
        if (values == null) {
            throw new IllegalStateException("the HNSW index has lost its vectors");
        }
        return values;
    }

    private static float[] scores(float[] query, int[] documents, FloatVectorValues values) {
        // vectorValue hands out one array again and again, so the rows are copied.
        return DenseScores.score(
                query,
                documents,
                document -> {
                    try {
                        return values.vectorValue(document).clone();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
    }

    /** Scores graph nodes; the node number is the document's ordinal. */
    private final class Guide implements RandomVectorScorer {
        private final float[] query;
        private final FloatVectorValues values;

        Guide(float[] query, FloatVectorValues values) {
            this.query = query;
            this.values = values;
        }

        @Override
        public float score(int node) throws IOException {
            return kernel.guide(query, values.vectorValue(node));
        }

        @Override
        public int maxOrd() {
            return documents;
        }
    }
}
