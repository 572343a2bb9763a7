package io.ralmspec.job.bench;

import java.util.List;

/**
 * Requests that followed one another, some at the same time.
 *
 * @param outcomes in the order of the requests
 * @param seconds from the first submission to the last answer
 * @param searches of the knowledge base, each for all that waited; 0 if the engine does not count
 */
record Group(List<Outcome> outcomes, double seconds, long searches) {
    Group {
        outcomes = List.copyOf(outcomes);
    }
}
