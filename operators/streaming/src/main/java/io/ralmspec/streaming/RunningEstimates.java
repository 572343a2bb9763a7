package io.ralmspec.streaming;

import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.DecodingSession;
import io.ralmspec.decoding.Estimates;
import io.ralmspec.decoding.RetrievalParameters;
import io.ralmspec.decoding.RetrieverKind;
import java.util.HashMap;
import java.util.Map;

/**
 * What sessions cost lately in this subtask, per kind of request: a session starts from what the
 * last one to end had learnt. In memory: sessions taken up after a restore bring theirs along.
 * Written by the task thread; {@link #last} may be read by any thread.
 */
final class RunningEstimates {
    /**
     * @param size tokens per retrieval, or with KNN-LM the neighbours per token
     */
    private record Kind(RetrieverKind retriever, boolean neighbours, int size) {
        static Kind of(DecodingRequest request) {
            RetrievalParameters retrieval = request.retrieval();
            boolean neighbours = retrieval.mode().neighbours();
            return new Kind(
                    retrieval.retriever(),
                    neighbours,
                    neighbours ? retrieval.knn().neighbours() : retrieval.stride());
        }
    }

    private final Map<Kind, Estimates> byKind = new HashMap<>();
    private volatile Estimates last = Estimates.UNKNOWN;

    /** What to expect of a session. */
    Estimates expected(DecodingRequest request) {
        return byKind.getOrDefault(Kind.of(request), Estimates.UNKNOWN);
    }

    /**
     * Keeps what a session that has ended has learnt. Baseline sessions count, because they see the
     * same model and knowledge base; what others know of guesses stays.
     */
    void learn(DecodingSession ended) {
        if (ended.counters().modelSteps() == 0) {
            // It learnt nothing, and what it started from may be old.
            return;
        }
        Estimates learnt = ended.estimates();
        if (ended.counters().guesses() == 0) {
            learnt = learnt.withGamma(expected(ended.request()).gamma());
        }
        byKind.put(Kind.of(ended.request()), learnt);
        last = learnt;
    }

    /** Those of the session that ended last; {@link Estimates#UNKNOWN} before the first. */
    Estimates last() {
        return last;
    }
}
