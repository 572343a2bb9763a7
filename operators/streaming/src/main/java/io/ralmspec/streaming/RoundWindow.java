package io.ralmspec.streaming;

/**
 * Lookups, guesses and right guesses of the last rounds. Guesses are judged with the verification
 * of their round, or after it, when a step was drafted again. Written by the task thread; the means
 * may be read by any thread, which may then see a round half counted.
 */
final class RoundWindow {
    static final int ROUNDS = 256;

    private final int[] lookups = new int[ROUNDS];
    private final int[] guesses = new int[ROUNDS];
    private final int[] accepted = new int[ROUNDS];
    private int slot;
    private volatile int rounds;
    private volatile long lookupSum;
    private volatile long guessSum;
    private volatile long acceptedSum;
    private volatile int lastLookups;

    /** A new round, whose verification answered this many lookups; the oldest is forgotten. */
    void round(int verified) {
        slot = (slot + 1) % ROUNDS;
        lookupSum = lookupSum + verified - lookups[slot];
        guessSum = guessSum - guesses[slot];
        acceptedSum = acceptedSum - accepted[slot];
        lookups[slot] = verified;
        guesses[slot] = 0;
        accepted[slot] = 0;
        lastLookups = verified;
        rounds = Math.min(rounds + 1, ROUNDS);
    }

    /** Guesses judged in the newest round. */
    void judged(int count, int right) {
        guesses[slot] += count;
        accepted[slot] += right;
        guessSum = guessSum + count;
        acceptedSum = acceptedSum + right;
    }

    /** Right guesses per guess, in [0, 1]; NaN before the first guess. */
    double acceptance() {
        return (double) acceptedSum / guessSum;
    }

    /** Mean lookups per round; NaN before the first round. */
    double meanLookups() {
        return (double) lookupSum / rounds;
    }

    int lastLookups() {
        return lastLookups;
    }
}
