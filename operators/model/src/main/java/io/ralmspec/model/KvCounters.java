package io.ralmspec.model;

/**
 * What a language model did since it was opened.
 *
 * @param handlesOpened tensors with keys and values that were opened
 * @param handlesClosed of those, the closed ones; all of them after the model is closed
 * @param runs runs of the graph
 * @param sharedRuns of those, the runs that served several sequences
 * @param runTokens tokens fed to them
 * @param documentHits changes of document that found the document's keys and values
 * @param documentMisses changes of document that had to compute them
 */
public record KvCounters(
        long handlesOpened,
        long handlesClosed,
        long runs,
        long sharedRuns,
        long runTokens,
        long documentHits,
        long documentMisses) {
    /** Tensors that are open now. */
    public long handlesOpen() {
        return handlesOpened - handlesClosed;
    }
}
