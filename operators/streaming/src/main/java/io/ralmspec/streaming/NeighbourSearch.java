package io.ralmspec.streaming;

import io.ralmspec.decoding.Hits;
import io.ralmspec.decoding.Query;
import io.ralmspec.decoding.knnlm.Datastore;
import io.ralmspec.decoding.knnlm.Neighbours;
import io.ralmspec.decoding.knnlm.SearchKind;
import java.util.List;

/**
 * Searches a KNN-LM datastore in the terms of verification: a query's vector is a key, a hit's
 * document is a position and its score the squared distance. Their tokens are looked up where the
 * result arrives, so that they need not travel.
 */
public record NeighbourSearch(Datastore datastore, SearchKind kind) implements Search {
    @Override
    public List<Hits> search(List<Query> queries, int count) {
        return datastore.search(queries.stream().map(Query::vector).toList(), count, kind).stream()
                .map(found -> new Hits(found.positions(), found.distances()))
                .toList();
    }

    /** A graph search for more neighbours may find others first. */
    @Override
    public boolean anyCount() {
        return kind == SearchKind.EXACT;
    }

    /** The queries that ask for the neighbours of these keys. */
    public static List<Query> queries(List<float[]> keys) {
        return keys.stream().map(key -> new Query("", key)).toList();
    }

    /** What a search has found, with the tokens that follow. */
    public static List<Neighbours> neighbours(Datastore datastore, List<Hits> found) {
        return found.stream().map(hits -> neighbours(datastore, hits)).toList();
    }

    private static Neighbours neighbours(Datastore datastore, Hits hits) {
        int[] tokens = new int[hits.size()];
        for (int i = 0; i < tokens.length; i++) {
            tokens[i] = datastore.token(hits.documents()[i]);
        }
        return new Neighbours(hits.documents(), hits.scores(), tokens);
    }
}
