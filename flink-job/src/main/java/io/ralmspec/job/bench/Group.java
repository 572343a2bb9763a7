package io.ralmspec.job.bench;

import java.util.List;

/**
 * Requests that were submitted at the same moment.
 *
 * @param outcomes in the order of the requests
 * @param seconds from submission to the last answer
 */
record Group(List<Outcome> outcomes, double seconds) {
    Group {
        outcomes = List.copyOf(outcomes);
    }
}
