package io.ralmspec.decoding;

/**
 * How a session goes on.
 *
 * @param stride lookups to gather before they are verified; 0 if nothing should run before its
 *     document is verified
 * @param ahead whether steps go on while a verification is out
 * @param guesses whether documents are guessed at all, and prefetched for it
 */
public record Plan(int stride, boolean ahead, boolean guesses) {
    /** Plain decoding. */
    public static final Plan PLAIN = new Plan(0, false, false);

    /** Plain decoding that finds out how often guesses would be right. */
    public static final Plan WATCHING = new Plan(0, false, true);
}
