package io.ralmspec.decoding;

/**
 * What a request cost so far. In KNN-LM modes a lookup is a token's search for neighbours, and a
 * guess is the token that cached ones gave; nothing is redrafted or recovered.
 *
 * @param rounds verifications of speculated lookups
 * @param guesses speculative lookups whose truth mattered: up to the first wrong one of each round
 * @param accepted of those, the right ones
 * @param rolledBackTokens drafted tokens that were dropped; with KNN-LM those behind a wrong one,
 *     which itself is corrected from what the model said already
 * @param redraftedSteps steps drafted with a wrong document and scored again with the right one
 * @param unchangedSteps of those, the ones in which no token changed
 * @param recoveredTokens drafted tokens kept although their document was wrong
 * @param cancelledSteps steps stopped or dropped before their result came
 * @param retrievalCalls calls of the knowledge base or datastore
 * @param retrievalQueries queries in them
 * @param modelSteps generation strides (in KNN-LM modes: tokens) run, dropped and redrafted ones
 *     included, cancelled ones not
 */
public record Counters(
        int rounds,
        int guesses,
        int accepted,
        int rolledBackTokens,
        int redraftedSteps,
        int unchangedSteps,
        int recoveredTokens,
        int cancelledSteps,
        int retrievalCalls,
        int retrievalQueries,
        int modelSteps) {
    public static final Counters ZERO = new Counters(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
}
