package io.ralmspec.decoding;

/**
 * What a request cost so far.
 *
 * @param rounds verification rounds
 * @param guesses speculative lookups that were verified
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
}
