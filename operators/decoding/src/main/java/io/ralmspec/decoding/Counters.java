package io.ralmspec.decoding;

/**
 * What a request cost so far.
 *
 * @param rounds verification rounds
 * @param guesses speculative lookups whose truth mattered: up to the first wrong one of each round
 * @param accepted of those, the right ones
 * @param rolledBackTokens tokens generated with a wrong document and dropped
 * @param retrievalCalls knowledge base calls
 * @param retrievalQueries queries in them
 * @param modelSteps generation strides run, dropped ones included
 */
public record Counters(
        int rounds,
        int guesses,
        int accepted,
        int rolledBackTokens,
        int retrievalCalls,
        int retrievalQueries,
        int modelSteps) {
    public static final Counters ZERO = new Counters(0, 0, 0, 0, 0, 0, 0);

    Counters plusModelStep() {
        return new Counters(
                rounds,
                guesses,
                accepted,
                rolledBackTokens,
                retrievalCalls,
                retrievalQueries,
                modelSteps + 1);
    }

    Counters plusRetrieval(int queries) {
        return new Counters(
                rounds,
                guesses,
                accepted,
                rolledBackTokens,
                retrievalCalls + 1,
                retrievalQueries + queries,
                modelSteps);
    }

    Counters plusRound(int judged, int right, int droppedTokens) {
        return new Counters(
                rounds + 1,
                guesses + judged,
                accepted + right,
                rolledBackTokens + droppedTokens,
                retrievalCalls,
                retrievalQueries,
                modelSteps);
    }
}
