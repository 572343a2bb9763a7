package io.ralmspec.streaming;

import io.ralmspec.decoding.Estimates;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.SessionState;
import java.util.EnumMap;
import java.util.Map;

/**
 * What sessions cost lately in this subtask, per retriever: a session starts from what the last one
 * to end had learnt. In memory: sessions taken up after a restore bring theirs along. Written by
 * the task thread; {@link #last} may be read by any thread.
 */
final class RunningEstimates {
    private final Map<RetrieverKind, Estimates> byRetriever = new EnumMap<>(RetrieverKind.class);
    private volatile Estimates last = Estimates.UNKNOWN;

    /** What to expect of a session. */
    Estimates expected(RetrieverKind retriever) {
        return byRetriever.getOrDefault(retriever, Estimates.UNKNOWN);
    }

    /**
     * Keeps what a session that has ended has learnt. Baseline sessions count: they see the same
     * model and knowledge base, and leave gamma as they found it.
     */
    void learn(SessionState ended) {
        if (ended.counters().modelSteps() == 0) {
            // It learnt nothing, and what it started from may be old.
            return;
        }
        byRetriever.put(ended.request().retrieval().retriever(), ended.estimates());
        last = ended.estimates();
    }

    /** Those of the session that ended last; {@link Estimates#UNKNOWN} before the first. */
    Estimates last() {
        return last;
    }
}
