package io.ralmspec.job;

import io.ralmspec.decoding.RequestDefaults;
import io.ralmspec.decoding.RequestLimits;
import io.ralmspec.decoding.SpeculationPolicy;
import io.ralmspec.decoding.StrideRule;
import java.util.Optional;

/**
 * A speculation stride as options and arguments write it: a number of steps, or the name of a rule
 * that sets it.
 *
 * @param steps used by {@link StrideRule#FIXED} only
 */
public record SpeculationStride(StrideRule rule, int steps) {
    /** As it reads in {@code must be <range>}. */
    public static final String RANGE =
            "in [1, %d], %s or %s"
                    .formatted(
                            RequestLimits.DEFAULT.maxSpeculationStride(),
                            StrideRule.OS3.wireName(),
                            StrideRule.CONTINUOUS.wireName());

    /** The stride that this text writes, or none. */
    public static Optional<SpeculationStride> parse(String text) {
        if (text.matches("\\d{1,9}")) {
            int steps = Integer.parseInt(text);
            return steps >= 1 && steps <= RequestLimits.DEFAULT.maxSpeculationStride()
                    ? Optional.of(new SpeculationStride(StrideRule.FIXED, steps))
                    : Optional.empty();
        }
        int unused = RequestDefaults.STANDARD.retrieval().speculation().stride();
        return StrideRule.ofWireName(text)
                .filter(rule -> rule != StrideRule.FIXED)
                .map(rule -> new SpeculationStride(rule, unused));
    }

    public static SpeculationStride of(SpeculationPolicy policy) {
        return new SpeculationStride(policy.rule(), policy.stride());
    }

    /** The text that {@link #parse} reads. */
    @Override
    public String toString() {
        return rule == StrideRule.FIXED ? Integer.toString(steps) : rule.wireName();
    }
}
