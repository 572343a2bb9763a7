package io.ralmspec.decoding;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One generation stride, and the lookup after it.
 *
 * @param tokens what was generated, cut where the answer ends; none once the step is committed
 * @param kept whether the tokens are the answer's; those of an Iter-RetGen draft only form a query
 * @param query the lookup after these tokens, or null if none is needed: then the step's own
 *     document is used again
 * @param guess the document that the next step takes until the truth is known, or null if none was
 *     guessed
 * @param truth the true document for the query, or null while it is not known
 * @param end why the answer would end with this step, or null
 */
public record Step(
        int[] tokens,
        boolean kept,
        @Nullable Query query,
        @Nullable Hit guess,
        @Nullable Hit truth,
        @Nullable FinishReason end) {
    Step guessing(@Nullable Hit document) {
        return new Step(tokens, kept, query, document, truth, end);
    }

    Step withTruth(Hit document) {
        return new Step(tokens, kept, query, guess, document, end);
    }

    /** The next step takes the truth. */
    Step corrected() {
        return new Step(tokens, kept, query, truth, truth, end);
    }

    Step committed() {
        return new Step(Tokens.NONE, kept, query, guess, truth, end);
    }

    /** Whether the truth has to be asked for. */
    boolean open() {
        return query != null && truth == null && end == null;
    }

    boolean guessedRight() {
        return guess != null && truth != null && guess.document() == truth.document();
    }

    /** Whether both lead to the same next lookup, so that what followed one follows the other. */
    boolean agreesWith(Step other) {
        return Arrays.equals(tokens, other.tokens)
                && (query == null) == (other.query == null)
                && Objects.equals(end, other.end);
    }
}
