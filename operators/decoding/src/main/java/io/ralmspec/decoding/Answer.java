package io.ralmspec.decoding;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The one final record of a request.
 *
 * @param text the answer, without what a stop text cut off
 * @param tokens the generated tokens, without an end token
 * @param sources the document behind each part of the answer; none in KNN-LM modes
 * @param error set if and only if the finish reason is {@link FinishReason#ERROR}
 */
public record Answer(
        String id,
        String text,
        int[] tokens,
        FinishReason finishReason,
        int promptTokens,
        List<Source> sources,
        Counters counters,
        Timings timings,
        @Nullable RequestError error) {
    public Answer {
        sources = List.copyOf(sources);
    }

    /** The answer to a request that never started. */
    public static Answer refused(String id, RequestError error) {
        return new Answer(
                id,
                "",
                new int[0],
                FinishReason.ERROR,
                0,
                List.of(),
                Counters.ZERO,
                Timings.ZERO,
                error);
    }

    /**
     * Whether both say the same: tokens, end, text, and the document behind every token; no error.
     */
    public boolean says(Answer other) {
        return finishReason != FinishReason.ERROR
                && finishReason == other.finishReason
                && Arrays.equals(tokens, other.tokens)
                && text.equals(other.text)
                && sources.equals(other.sources);
    }
}
