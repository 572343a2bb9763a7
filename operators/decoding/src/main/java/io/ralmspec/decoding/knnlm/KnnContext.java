package io.ralmspec.decoding.knnlm;

import io.ralmspec.decoding.KnnParameters;
import io.ralmspec.decoding.Sampling;
import io.ralmspec.decoding.Tokens;
import java.util.Arrays;

/**
 * Where a session is: all that its next tokens depend on, but for the datastore.
 *
 * @param sequence names the request
 * @param verified prompt and verified tokens, at least one
 * @param drafts unverified tokens after them
 */
public record KnnContext(
        String sequence,
        int[] verified,
        int[] drafts,
        Sampling sampling,
        KnnParameters parameters) {
    /** The verified tokens and so many drafts. */
    int[] tokens(int drafted) {
        return Tokens.concat(verified, Arrays.copyOf(drafts, drafted));
    }
}
