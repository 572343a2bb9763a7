package io.ralmspec.decoding.knnlm;

import io.ralmspec.decoding.Checks;
import io.ralmspec.decoding.RetrieverKind;

/** The ways a datastore finds neighbours. */
public enum SearchKind {
    /** The true nearest ones, by a scan of all keys. */
    EXACT,
    /** Over a graph index: may miss some of them, but always the same ones for the same key. */
    APPROXIMATE;

    /**
     * What a request's retriever means here.
     *
     * @throws IllegalArgumentException for a retriever without vectors
     */
    public static SearchKind of(RetrieverKind retriever) {
        Checks.require(
                retriever.dense(),
                "retrieval.retriever",
                "exact or hnsw with KNN-LM",
                retriever.wireName());
        return retriever == RetrieverKind.EXACT ? EXACT : APPROXIMATE;
    }

    /** The retriever that means this kind. */
    public RetrieverKind retriever() {
        return this == EXACT ? RetrieverKind.EXACT : RetrieverKind.HNSW;
    }
}
