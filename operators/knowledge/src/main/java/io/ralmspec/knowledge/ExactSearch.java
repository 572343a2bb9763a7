package io.ralmspec.knowledge;

import java.util.ArrayList;
import java.util.List;

/**
 * A scan of all vectors of a file: reads each of them once per batch, however many queries the
 * batch has. Scores are the same to the bit for every batch, number of threads and kernel.
 * Thread-safe.
 */
final class ExactSearch {
    /** Blocks that a thread takes at a time, at most: about 6 MB at 384 dimensions. */
    private static final int MAX_CHUNK = 64;

    private static final int CHUNKS_PER_THREAD = 8;
    private static final int CACHED_BYTES = 32 << 20;
    private static final int MAX_CACHED_ROWS = 1 << 16;

    private final VectorFile vectors;
    private final SearchPool pool;
    private final ScoreKernel kernel;
    private final Metric metric;
    // A cached document's vector lies in as many cache lines as it has dimensions; a copy doesn't.
    private final DocumentCache<float[]> rows;

    ExactSearch(VectorFile vectors, SearchPool pool, ScoreKernel kernel, Metric metric) {
        this.vectors = vectors;
        this.pool = pool;
        this.kernel = kernel;
        this.metric = metric;
        int slots = CACHED_BYTES / (vectors.dimension() * Float.BYTES);
        rows =
                new DocumentCache<>(
                        Math.max(
                                1, Math.min(slots, Math.min(MAX_CACHED_ROWS, vectors.documents()))),
                        vectors::readRow);
    }

    /**
     * The best of all documents for each query.
     *
     * @param queries finite, of the file's dimension
     */
    List<TopHits> search(List<float[]> queries, int topN) {
        if (queries.isEmpty()) {
            return List.of();
        }
        float[] packed = pack(queries);
        int capacity = Math.min(topN, vectors.documents());
        int blocks = vectors.blocks();
        int chunk = Math.max(1, Math.min(MAX_CHUNK, blocks / (pool.threads() * CHUNKS_PER_THREAD)));
        List<Scan> scans =
                pool.run(
                        (blocks + chunk - 1) / chunk,
                        () -> new Scan(packed, queries.size(), capacity),
                        (scan, item) ->
                                scan.run(item * chunk, Math.min(blocks, (item + 1) * chunk)));
        List<TopHits> results = new ArrayList<>(queries.size());
        for (int q = 0; q < queries.size(); q++) {
            TopHits top = scans.get(0).hits[q];
            for (Scan scan : scans.subList(1, scans.size())) {
                top.merge(scan.hits[q]);
            }
            results.add(top);
        }
        return results;
    }

    /** Scores of single documents, which are kept at hand: equal to those of {@link #search}. */
    float[] scores(float[] query, int[] documents) {
        return metric.score(query, documents, rows::get);
    }

    /** Groups of four queries, each {@code [dimension][4]}; missing queries are zero. */
    private float[] pack(List<float[]> queries) {
        int dimension = vectors.dimension();
        int groups = (queries.size() + ScoreKernel.QUERIES - 1) / ScoreKernel.QUERIES;
        float[] packed = new float[groups * ScoreKernel.QUERIES * dimension];
        for (int q = 0; q < queries.size(); q++) {
            float[] vector = queries.get(q);
            int from = q / ScoreKernel.QUERIES * ScoreKernel.QUERIES * dimension;
            for (int d = 0; d < dimension; d++) {
                packed[from + d * ScoreKernel.QUERIES + q % ScoreKernel.QUERIES] = vector[d];
            }
        }
        return packed;
    }

    /**
     * One thread's part of a search: its tile, which stays in the processor cache, and its hits.
     */
    private final class Scan {
        private final float[] queries;
        private final TopHits[] hits;
        private final float[] tile = new float[VectorFile.ROWS * vectors.dimension()];
        private final short[] scratch = vectors.newScratch();
        private final float[] scores = new float[ScoreKernel.QUERIES * VectorFile.ROWS];
        private final float[] maxima = new float[ScoreKernel.QUERIES];

        Scan(float[] queries, int count, int capacity) {
            this.queries = queries;
            hits = new TopHits[count];
            for (int q = 0; q < count; q++) {
                hits[q] = new TopHits(capacity);
            }
        }

        void run(int fromBlock, int toBlock) {
            int dimension = vectors.dimension();
            for (int block = fromBlock; block < toBlock; block++) {
                vectors.readBlock(block, tile, scratch);
                int rowCount = vectors.rows(block);
                for (int q = 0; q < hits.length; q += ScoreKernel.QUERIES) {
                    int count = Math.min(ScoreKernel.QUERIES, hits.length - q);
                    metric.score(
                            kernel, tile, dimension, queries, q * dimension, count, scores, maxima);
                    for (int i = 0; i < count; i++) {
                        if (maxima[i] >= hits[q + i].threshold()) {
                            offer(hits[q + i], i, block * VectorFile.ROWS, rowCount);
                        }
                    }
                }
            }
        }

        private void offer(TopHits top, int query, int firstDocument, int rowCount) {
            int from = query * VectorFile.ROWS;
            for (int row = 0; row < rowCount; row++) {
                top.offer(firstDocument + row, scores[from + row]);
            }
        }
    }
}
