package io.ralmspec.decoding;

import java.io.Serializable;

/**
 * How a request speculates. Every combination is legal and gives the same tokens.
 *
 * @param rule what sets the speculation stride
 * @param stride steps verified by one knowledge base call, at least 1 (paper: s); used by {@link
 *     StrideRule#FIXED} only
 * @param prefetch documents that each verified query brings into the speculation cache, at least 1
 *     (paper: P)
 * @param async whether steps go on while a verification is out (paper: A); {@link
 *     StrideRule#CONTINUOUS} always does
 * @param recovery whether tokens drafted with a wrong document are scored again with the right one
 *     and kept as far as they agree, instead of thrown away
 * @param graph whether lookups of exact search are guessed from the approximate search of the same
 *     vectors too, if the knowledge base has one; the other retrievers know no cheaper search
 */
public record SpeculationPolicy(
        StrideRule rule, int stride, int prefetch, boolean async, boolean recovery, boolean graph)
        implements Serializable {
    /** The paper's plain speculation: 3 steps per round, top-1, nothing else. */
    public static final SpeculationPolicy PLAIN = fixed(3, 1);

    public SpeculationPolicy {
        Checks.require(stride >= 1, "retrieval.speculation.stride", ">= 1", stride);
        Checks.require(prefetch >= 1, "retrieval.speculation.prefetch", ">= 1", prefetch);
    }

    public static SpeculationPolicy fixed(int stride, int prefetch) {
        return new SpeculationPolicy(StrideRule.FIXED, stride, prefetch, false, false, false);
    }
}
