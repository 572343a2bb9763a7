package io.ralmspec.decoding.knnlm;

import io.ralmspec.decoding.ErrorCode;
import io.ralmspec.decoding.Hash;
import io.ralmspec.decoding.ScriptedFailure;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A small datastore in memory, searched by looking at every entry. Its approximate search misses
 * some, so that guesses from the cache can have better neighbours than the truth and still must
 * lose. Checks that it is used as its interface says.
 */
public final class ScriptedDatastore implements Datastore {
    private static final int APPROXIMATE_COUNT = 6;

    private final ScriptedCorpus corpus;
    private final int failOneIn;
    private final float[][] keys;

    /**
     * @param failOneIn it always fails on one key in this many, and on one key in this many among
     *     given positions; 0 for none
     */
    public ScriptedDatastore(ScriptedCorpus corpus, int failOneIn) {
        this.corpus = corpus;
        this.failOneIn = failOneIn;
        this.keys = new float[corpus.size()][];
        Arrays.setAll(keys, corpus::keyOf);
    }

    @Override
    public int size() {
        return keys.length;
    }

    @Override
    public int dimension() {
        return ScriptedCorpus.DIMENSION;
    }

    @Override
    public boolean has(SearchKind kind) {
        return true;
    }

    @Override
    public String fingerprint() {
        return "scripted-" + corpus.seed + "-" + size();
    }

    @Override
    public int largestCount(int k, SearchKind kind) {
        return Math.max(k, kind == SearchKind.EXACT ? size() : APPROXIMATE_COUNT);
    }

    @Override
    public int token(int position) {
        return corpus.tokenOf(position);
    }

    @Override
    public List<Neighbours> search(List<float[]> wanted, int k, SearchKind kind) {
        if (wanted.isEmpty()) {
            throw new AssertionError("a search must be for something");
        }
        return wanted.stream()
                .map(
                        key -> {
                            fail(key, 1);
                            return among(
                                    key,
                                    k,
                                    IntStream.range(0, size()).filter(p -> reaches(key, p, kind)));
                        })
                .toList();
    }

    @Override
    public Neighbours nearest(float[] key, int[] positions, int k) {
        if (positions.length == 0 || distinct(positions) < positions.length) {
            throw new AssertionError("positions must be distinct, and some");
        }
        fail(key, 2);
        return among(key, k, IntStream.of(positions));
    }

    private static int distinct(int[] positions) {
        BitSet seen = new BitSet();
        for (int position : positions) {
            seen.set(position);
        }
        return seen.cardinality();
    }

    private void fail(float[] key, long search) {
        if (failOneIn > 0 && Hash.below(failOneIn, corpus.seed, search, hash(key)) == 0) {
            throw new ScriptedFailure(ErrorCode.RETRIEVAL_FAILED);
        }
    }

    private boolean reaches(float[] key, int position, SearchKind kind) {
        return kind == SearchKind.EXACT || Hash.below(5, corpus.seed, hash(key), position) != 0;
    }

    private Neighbours among(float[] key, int k, IntStream positions) {
        if (k < 1) {
            throw new AssertionError("k must be >= 1 (got " + k + ")");
        }
        // Distances are whole numbers, so that one number orders by distance, then position.
        long entries = size();
        int[] nearest =
                positions
                        .mapToLong(p -> (long) distance(key, p) * entries + p)
                        .sorted()
                        .limit(k)
                        .mapToInt(order -> (int) (order % entries))
                        .toArray();
        float[] distances = new float[nearest.length];
        int[] tokens = new int[nearest.length];
        for (int i = 0; i < nearest.length; i++) {
            distances[i] = distance(key, nearest[i]);
            tokens[i] = corpus.tokenOf(nearest[i]);
        }
        return new Neighbours(nearest, distances, tokens);
    }

    private float distance(float[] key, int position) {
        float sum = 0;
        for (int d = 0; d < key.length; d++) {
            float difference = key[d] - keys[position][d];
            sum += difference * difference;
        }
        return sum;
    }

    private static long hash(float[] key) {
        return Arrays.hashCode(key);
    }

    @Override
    public void close() {}
}
