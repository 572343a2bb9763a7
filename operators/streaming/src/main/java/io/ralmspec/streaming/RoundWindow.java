package io.ralmspec.streaming;

/**
 * Steps, guesses and right guesses of the last rounds. Written by the task thread; the means may be
 * read by any thread, which may then see a round half counted.
 */
final class RoundWindow {
    static final int ROUNDS = 256;

    private final int[] steps = new int[ROUNDS];
    private final int[] guesses = new int[ROUNDS];
    private final int[] accepted = new int[ROUNDS];
    private long rounds;
    private volatile long stepSum;
    private volatile long guessSum;
    private volatile long acceptedSum;
    private volatile int lastSteps;

    void add(int roundSteps, int roundGuesses, int roundAccepted) {
        int slot = (int) (rounds++ % ROUNDS);
        stepSum = stepSum + roundSteps - steps[slot];
        guessSum = guessSum + roundGuesses - guesses[slot];
        acceptedSum = acceptedSum + roundAccepted - accepted[slot];
        steps[slot] = roundSteps;
        guesses[slot] = roundGuesses;
        accepted[slot] = roundAccepted;
        lastSteps = roundSteps;
    }

    /** Right guesses per guess, in [0, 1]; NaN before the first guess. */
    double acceptance() {
        return (double) acceptedSum / guessSum;
    }

    /** Mean steps per round; NaN before the first round. */
    double meanSteps() {
        return (double) stepSum / Math.min(rounds, ROUNDS);
    }

    int lastSteps() {
        return lastSteps;
    }
}
