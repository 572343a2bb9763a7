package io.ralmspec.decoding;

import java.io.Serializable;

/** What a request means where it says nothing. */
public record RequestDefaults(int maxTokens, RetrievalParameters retrieval)
        implements Serializable {
    /** The paper's plain speculation: 4 tokens per retrieval, the last 32 as query, 3 steps. */
    public static final RequestDefaults PAPER = of(SpeculationPolicy.PLAIN);

    /** The policy that measured best. */
    public static final RequestDefaults STANDARD =
            of(new SpeculationPolicy(StrideRule.OS3, 3, 128, true, true, true));

    private static RequestDefaults of(SpeculationPolicy speculation) {
        return new RequestDefaults(
                128,
                RetrievalParameters.of(RetrieverKind.EXACT, DecodingMode.SPECULATIVE, speculation));
    }
}
