package io.ralmspec.decoding;

import java.io.Serializable;

/**
 * Bounds of a request; a request beyond one is answered with an error that names it.
 *
 * @param maxTokens largest {@code max_tokens}
 * @param maxPromptCharacters longest prompt, before tokenising
 * @param maxRequestBytes largest record
 * @param maxStop most stop texts
 * @param maxStopCharacters longest stop text
 * @param maxStride largest generation stride
 * @param maxQueryTokens longest query
 * @param maxSpeculationStride largest speculation stride
 * @param maxPrefetch largest prefetch
 * @param maxIdCharacters longest id
 * @param maxDeadlineMillis latest deadline
 * @param datastore whether there is a datastore for the {@link DecodingMode#neighbours KNN-LM
 *     modes}
 */
public record RequestLimits(
        int maxTokens,
        int maxPromptCharacters,
        int maxRequestBytes,
        int maxStop,
        int maxStopCharacters,
        int maxStride,
        int maxQueryTokens,
        int maxSpeculationStride,
        int maxPrefetch,
        int maxIdCharacters,
        long maxDeadlineMillis,
        boolean datastore)
        implements Serializable {
    /** With a datastore. */
    public static final RequestLimits DEFAULT =
            new RequestLimits(
                    2048, 65_536, 1 << 20, 4, 256, 64, 256, 64, 256, 256, 24 * 3_600_000L, true);

    /** Whether requests may be decoded so. */
    public boolean allows(DecodingMode mode) {
        return datastore || !mode.neighbours();
    }

    /** The same with or without a datastore. */
    public RequestLimits withDatastore(boolean there) {
        return new RequestLimits(
                maxTokens,
                maxPromptCharacters,
                maxRequestBytes,
                maxStop,
                maxStopCharacters,
                maxStride,
                maxQueryTokens,
                maxSpeculationStride,
                maxPrefetch,
                maxIdCharacters,
                maxDeadlineMillis,
                there);
    }
}
