package io.ralmspec.streaming;

import io.ralmspec.decoding.Command;
import io.ralmspec.decoding.Query;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.knnlm.KnnCommand;
import java.util.List;

/**
 * A round's queries, on their way to the knowledge base.
 *
 * @param epoch comes back with the result; the session drops a result of another epoch
 * @param topN documents wanted per query, at least 1
 * @param neighbours whether the KNN-LM datastore is asked instead of the knowledge base: a query's
 *     vector is a key then, and a hit's document a position
 */
public record VerificationRequest(
        String requestId,
        int epoch,
        RetrieverKind retriever,
        List<Query> queries,
        int topN,
        boolean neighbours) {
    public VerificationRequest {
        queries = List.copyOf(queries);
    }

    public static VerificationRequest of(String requestId, Command.Verify command) {
        return new VerificationRequest(
                requestId,
                command.epoch(),
                command.retriever(),
                command.queries(),
                command.topN(),
                false);
    }

    public static VerificationRequest of(String requestId, KnnCommand.Search command) {
        return new VerificationRequest(
                requestId,
                command.epoch(),
                command.kind().retriever(),
                NeighbourSearch.queries(command.keys()),
                command.count(),
                true);
    }

    /** Without the queries, which are made of prompts: Flink's messages show records. */
    @Override
    public String toString() {
        return "verification of request %s (epoch %d, %d queries)"
                .formatted(requestId, epoch, queries.size());
    }
}
