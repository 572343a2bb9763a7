package io.ralmspec.knowledge;

import java.util.ArrayList;
import java.util.Arrays;
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

    /** Dimensions of a block that are scored before the next are read: 16 KB. */
    private static final int SLAB = 64;

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
     * One thread's part of a search: a slab of a block, which stays in the nearest processor cache
     * while all queries pass it, their sums, and their hits.
     */
    private final class Scan {
        private final float[] queries;
        private final TopHits[] hits;
        private final float[] slab = new float[VectorFile.ROWS * SLAB];
        private final short[] scratch = vectors.newScratch(SLAB);
        private final float[] sums;

        Scan(float[] queries, int count, int capacity) {
            this.queries = queries;
            hits = new TopHits[count];
            int groups = Math.ceilDiv(count, ScoreKernel.QUERIES);
            sums = new float[groups * ScoreKernel.QUERIES * VectorFile.ROWS];
            for (int q = 0; q < count; q++) {
                hits[q] = new TopHits(capacity);
            }
        }

        void run(int fromBlock, int toBlock) {
            for (int block = fromBlock; block < toBlock; block++) {
                score(block);
                int rowCount = vectors.rows(block);
                for (int q = 0; q < hits.length; q++) {
                    int from = q * VectorFile.ROWS;
                    if (kernel.maximum(sums, from) >= hits[q].threshold()) {
                        offer(hits[q], from, block * VectorFile.ROWS, rowCount);
                    }
                }
            }
        }

        private void score(int block) {
            Arrays.fill(sums, 0);
            int dimension = vectors.dimension();
            for (int d = 0; d < dimension; d += SLAB) {
                int dimensions = Math.min(SLAB, dimension - d);
                vectors.readSlab(block, d, dimensions, slab, scratch);
                for (int q = 0; q < hits.length; q += ScoreKernel.QUERIES) {
                    metric.add(
                            kernel,
                            slab,
                            dimensions,
                            queries,
                            q * dimension + d * ScoreKernel.QUERIES,
                            Math.min(ScoreKernel.QUERIES, hits.length - q),
                            sums,
                            q * VectorFile.ROWS);
                }
            }
            metric.toScores(sums, hits.length * VectorFile.ROWS);
        }

        private void offer(TopHits top, int from, int firstDocument, int rowCount) {
            for (int row = 0; row < rowCount; row++) {
                top.offer(firstDocument + row, sums[from + row]);
            }
        }
    }
}
