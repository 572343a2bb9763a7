package io.ralmspec.decoding;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a session that decodes with documents wants done, besides every {@link SessionCommand}. */
public sealed interface Command extends SessionCommand {
    /** Tokenise the prompt and form its query; answered by {@link Event.Prepared}. */
    record Prepare(
            int epoch, String sequence, String prompt, RetrieverKind retriever, int queryTokens)
            implements Command {}

    /**
     * Generate one step; answered by {@link Event.Generated}. Takes the place of the sequence's
     * step before it, which may be stopped if it still runs.
     *
     * @param epoch names this command; a result with another epoch is stale
     * @param depth unverified lookups that this step builds on; 0 is verified work
     * @param confidence a stride whose tokens are all more probable than this gets no query; 1 if
     *     every stride gets one
     * @param draftQuery the query if the tokens are the draft, or null
     */
    record Generate(
            int epoch,
            int depth,
            Generation generation,
            RetrieverKind retriever,
            int queryTokens,
            double confidence,
            @Nullable Query draftQuery)
            implements Command {}

    /**
     * Find the true best documents; answered by {@link Event.Verified}.
     *
     * @param epoch names this command; a result with another epoch is stale
     */
    record Verify(int epoch, RetrieverKind retriever, List<Query> queries, int topN)
            implements Command {}
}
