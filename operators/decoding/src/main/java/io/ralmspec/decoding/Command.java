package io.ralmspec.decoding;

import java.util.List;

/** What a session wants done. Every command may be run again: results do not depend on history. */
public sealed interface Command {
    /** Tokenise the prompt and form its query; answered by {@link Event.Prepared}. */
    record Prepare(String sequence, String prompt, RetrieverKind retriever, int queryTokens)
            implements Command {}

    /**
     * Generate one step; answered by {@link Event.Generated}.
     *
     * @param epoch changes with every round; a result of another epoch is stale
     * @param step position in the round, from 0; step 0 has a verified document
     */
    record Generate(
            int epoch,
            int step,
            Context context,
            int maxTokens,
            Sampling sampling,
            RetrieverKind retriever,
            int queryTokens)
            implements Command {}

    /** Find the true best documents of the round's queries; answered by {@link Event.Verified}. */
    record Verify(int epoch, RetrieverKind retriever, List<Query> queries, int topN)
            implements Command {}

    record EmitDelta(Delta delta) implements Command {}

    /** The session is over: emit the answer, free everything kept for it. */
    record Finish(Answer answer) implements Command {}
}
