package io.ralmspec.decoding;

import java.io.Serializable;

/** What a request means where it says nothing. */
public record RequestDefaults(int maxTokens, RetrievalParameters retrieval)
        implements Serializable {
    /** The paper's setting: 4 tokens per retrieval, the last 32 as query, 3 steps per round. */
    public static final RequestDefaults PAPER =
            new RequestDefaults(
                    128,
                    new RetrievalParameters(
                            RetrieverKind.EXACT, DecodingMode.SPECULATIVE, 4, 32, 3, 1));
}
