package io.ralmspec.decoding;

import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a lookup will find, guessed before the knowledge base is asked: the best document of the
 * speculation cache (paper section 3), or of an approximate search over the same vectors, whichever
 * is better. The approximate search needs no cache, so it guesses the prompt's lookup too; and what
 * it finds is nearly always what exact search finds, at a small share of its cost.
 *
 * <p>Thread-safe if the retrievers are.
 */
final class Guesses {
    private final SpeculationPlanner planner;
    private final Function<RetrieverKind, ? extends Retriever> retrievers;
    private final @Nullable Retriever graph;

    Guesses(
            SpeculationPlanner planner,
            KnowledgeBase knowledgeBase,
            Function<RetrieverKind, ? extends Retriever> retrievers) {
        this.planner = planner;
        this.retrievers = retrievers;
        boolean there = knowledgeBase.has(RetrieverKind.HNSW);
        this.graph = there ? retrievers.apply(RetrieverKind.HNSW) : null;
    }

    /** The step with its guess, if there is anything to guess, and to guess from. */
    Step guessing(Session s, Step step, Plan plan) {
        if (step.end() != null || !plan.guesses()) {
            return step;
        }
        Query query = step.query();
        if (query == null) {
            return step.guessing(s.steps.getLast().guess());
        }
        Hit found = graph == null || !planner.walks(s) ? Hit.NONE : walk(graph, query);
        if (s.cache.isEmpty()) {
            return found.isNone() ? step : step.guessing(found);
        }
        Hit cached = s.cache.top(query, retrievers.apply(s.request.retrieval().retriever()));
        return step.guessing(found.compareTo(cached) < 0 ? found : cached);
    }

    /** A guess is never worth a request: where the search fails, there is none. */
    private static Hit walk(Retriever graph, Query query) {
        try {
            return graph.search(List.of(query), 1).getFirst().top();
        } catch (RuntimeException e) {
            return Hit.NONE;
        }
    }
}
