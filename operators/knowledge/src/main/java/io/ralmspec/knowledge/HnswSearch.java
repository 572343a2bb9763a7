package io.ralmspec.knowledge;

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
 * Approximate search over Lucene's graph. The walk is guided by our own arithmetic, whose bits do
 * not depend on the machine; its candidates are then scored exactly and totally ordered. So a
 * result depends on the query, the hits wanted and the candidates kept, never on the batch.
 * Thread-safe.
 */
final class HnswSearch {
    static final String FIELD = "vector";

    private final LuceneSegment segment;
    private final HnswGraphProvider graphs;
    private final int documents;
    private final Metric metric;
    private final SearchPool pool;
    private final ScoreKernel kernel;

    /**
     * @param alwaysLinked up to so many documents may have no graph: they are compared one by one
     * @throws IndexException if vectors or links are missing
     */
    HnswSearch(
            LuceneSegment segment,
            int dimension,
            int alwaysLinked,
            Metric metric,
            SearchPool pool,
            ScoreKernel kernel)
            throws IOException {
        this.segment = segment;
        this.metric = metric;
        this.pool = pool;
        this.kernel = kernel;
        documents = segment.reader().maxDoc();
        graphs = graphs(segment);
        FloatVectorValues values = segment.leaf().getFloatVectorValues(FIELD);
        boolean complete =
                values != null && values.size() == documents && values.dimension() == dimension;
        boolean navigable = complete && graphs.getGraph(FIELD).size() == documents;
        if (!complete || (!navigable && documents > alwaysLinked)) {
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

    int documents() {
        return documents;
    }

    /**
     * @param queries finite, of the index's dimension
     * @param candidates how many the walk keeps, at least {@code topN}
     */
    List<TopHits> search(List<float[]> queries, int topN, int candidates) {
        TopHits[] results = new TopHits[queries.size()];
        pool.run(
                results.length,
                () -> results,
                (all, item) -> all[item] = search(queries.get(item), topN, candidates));
        return List.of(results);
    }

    float[] scores(float[] query, int[] wanted) {
        try {
            return scores(query, wanted, vectors());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private TopHits search(float[] query, int topN, int count) {
        try {
            FloatVectorValues values = vectors();
            int[] candidates =
                    documents <= count
                            ? IntStream.range(0, documents).toArray()
                            : walk(query, count, values);
            float[] scores = scores(query, candidates, values);
            TopHits top = new TopHits(Math.min(topN, candidates.length));
            for (int i = 0; i < candidates.length; i++) {
                top.offer(candidates[i], scores[i]);
            }
            return top;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private int[] walk(float[] query, int count, FloatVectorValues values) throws IOException {
        HnswGraph graph = graphs.getGraph(FIELD);
        KnnCollector collector = new TopKnnCollector(count, Integer.MAX_VALUE);
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

    private float[] scores(float[] query, int[] wanted, FloatVectorValues values) {
        // vectorValue hands out one array again and again, so the rows are copied.
        return metric.score(
                query,
                wanted,
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
            return metric.guide(kernel, query, values.vectorValue(node));
        }

        @Override
        public int maxOrd() {
            return documents;
        }
    }
}
