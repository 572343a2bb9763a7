package io.ralmspec.decoding;

/**
 * A stride to generate.
 *
 * @param maxTokens at least 1
 * @param draft what the tokens probably are; a model may score it in one run and keep what agrees.
 *     Never changes the result. At most {@code maxTokens}, possibly none
 * @param confidence whether the stride's {@link Stride#confidence} is wanted
 */
public record Generation(
        Context context, int maxTokens, Sampling sampling, int[] draft, boolean confidence) {
    public Generation {
        Checks.require(maxTokens >= 1, "max_tokens", ">= 1", maxTokens);
        Checks.require(draft.length <= maxTokens, "draft", "<= " + maxTokens, draft.length);
    }

    /** Without a draft or confidence. */
    public static Generation of(Context context, int maxTokens, Sampling sampling) {
        return new Generation(context, maxTokens, sampling, Tokens.NONE, false);
    }
}
