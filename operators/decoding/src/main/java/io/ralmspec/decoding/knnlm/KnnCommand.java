package io.ralmspec.decoding.knnlm;

import io.ralmspec.decoding.SessionCommand;
import java.util.List;

/** What a KNN-LM session wants done, besides every {@link SessionCommand}. */
public sealed interface KnnCommand extends SessionCommand {
    /** Tokenise the prompt; answered by {@link KnnEvent.Prepared}. For the model's worker. */
    record Prepare(int epoch, String sequence, String prompt) implements KnnCommand {}

    /**
     * Guess more tokens; answered by {@link KnnEvent.Speculated}. For the model's worker. Takes the
     * place of the sequence's speculation before it, which may be stopped if it still runs.
     *
     * @param cache positions of datastore entries to guess from; with none, the language model
     *     alone guesses
     * @param count tokens wanted, at least 1
     */
    record Speculate(int epoch, KnnContext context, int[] cache, int count) implements KnnCommand {
        /** Unverified tokens that this builds on; 0 is verified work. */
        public int depth() {
            return context.drafts().length;
        }
    }

    /**
     * Find the true neighbours; answered by {@link KnnEvent.Searched}. For a verification worker.
     *
     * @param keys the states' before the first drafts, in their order
     * @param count neighbours per key, at least k; those beyond k are for the cache
     */
    record Search(int epoch, SearchKind kind, List<float[]> keys, int count)
            implements KnnCommand {}

    /**
     * Tell the true tokens; answered by {@link KnnEvent.Settled}. For the model's worker. A
     * speculation of the same sequence that still runs may be stopped where it is: it is then
     * answered with the tokens it has.
     *
     * @param context with the drafts to settle only
     * @param neighbours {@code neighbours.get(i)} belongs to the state before draft i
     */
    record Settle(int epoch, KnnContext context, List<Neighbours> neighbours)
            implements KnnCommand {}
}
