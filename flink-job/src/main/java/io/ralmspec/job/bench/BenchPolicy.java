package io.ralmspec.job.bench;

import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.RequestDefaults;
import io.ralmspec.decoding.SpeculationPolicy;
import io.ralmspec.decoding.StrideRule;
import io.ralmspec.job.SpeculationStride;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A way to decode, under the name that the report shows.
 *
 * <p>Names: {@code baseline}; {@code spec} is the paper's plain speculation (3 steps per
 * verification, top-1); any of the letters {@code P} (prefetch 20), {@code S} (OS3) and {@code A}
 * (asynchronous) in this order add to it; {@code continuous} has no rounds and prefetches 20;
 * {@code default} is what a request gets that says nothing. {@code +recovery} and {@code +graph}
 * may follow each of them but {@code baseline}. Anything else is spelled out: {@code
 * stride=os3,prefetch=256,async,recovery,graph}, with {@code stride} first.
 *
 * @param mode {@link DecodingMode#BASELINE} ignores the policy
 */
public record BenchPolicy(String name, DecodingMode mode, SpeculationPolicy policy) {
    public static final BenchPolicy BASELINE =
            new BenchPolicy("baseline", DecodingMode.BASELINE, SpeculationPolicy.PLAIN);

    private static final int PREFETCH = 20;
    private static final String RECOVERY = "recovery";
    private static final String GRAPH = "graph";
    private static final String EXPLICIT = "stride=";

    /**
     * Reads a comma-separated list. Each policy once; the baseline, whether named or not, is first.
     *
     * @throws IllegalArgumentException if a name is unknown
     */
    public static List<BenchPolicy> parseAll(String text) {
        Set<BenchPolicy> policies = new LinkedHashSet<>();
        policies.add(BASELINE);
        policies.addAll(parseNamed(text));
        return List.copyOf(policies);
    }

    /**
     * Reads a comma-separated list. Each policy once, in the order named.
     *
     * @throws IllegalArgumentException if a name is unknown
     */
    public static List<BenchPolicy> parseNamed(String text) {
        Set<BenchPolicy> policies = new LinkedHashSet<>();
        List<String> words = new ArrayList<>();
        for (String word : text.split(",")) {
            // These belong to the policy that began with stride=.
            boolean continues = word.strip().matches("prefetch=.*|async|recovery|graph");
            boolean explicit = !words.isEmpty() && words.getLast().startsWith(EXPLICIT);
            if (continues && explicit) {
                words.add(words.removeLast() + "," + word.strip());
            } else {
                words.add(word.strip());
            }
        }
        for (String word : words) {
            policies.add(parse(word));
        }
        return List.copyOf(policies);
    }

    /**
     * Reads one.
     *
     * @throws IllegalArgumentException if the name is unknown
     */
    static BenchPolicy parse(String name) {
        if (name.equals(BASELINE.name())) {
            return BASELINE;
        }
        if (name.startsWith(EXPLICIT)) {
            return speculative(name, explicit(name));
        }
        List<String> parts = List.of(name.split("\\+", -1));
        SpeculationPolicy policy =
                switch (parts.getFirst()) {
                    case "spec" -> SpeculationPolicy.PLAIN;
                    case "continuous" ->
                            new SpeculationPolicy(
                                    StrideRule.CONTINUOUS,
                                    SpeculationPolicy.PLAIN.stride(),
                                    PREFETCH,
                                    true,
                                    false,
                                    false);
                    case "default" -> RequestDefaults.STANDARD.retrieval().speculation();
                    case "P", "S", "A", "PS", "PA", "SA", "PSA" -> letters(parts.getFirst());
                    default -> throw unknown(name);
                };
        for (String part : parts.subList(1, parts.size())) {
            policy =
                    switch (part) {
                        case RECOVERY -> with(policy, true, policy.graph());
                        case GRAPH -> with(policy, policy.recovery(), true);
                        default -> throw unknown(name);
                    };
        }
        return speculative(name, policy);
    }

    private static BenchPolicy speculative(String name, SpeculationPolicy policy) {
        return new BenchPolicy(name, DecodingMode.SPECULATIVE, policy);
    }

    private static SpeculationPolicy letters(String letters) {
        return new SpeculationPolicy(
                letters.contains("S") ? StrideRule.OS3 : StrideRule.FIXED,
                SpeculationPolicy.PLAIN.stride(),
                letters.contains("P") ? PREFETCH : 1,
                letters.contains("A"),
                false,
                false);
    }

    private static SpeculationPolicy with(
            SpeculationPolicy policy, boolean recovery, boolean graph) {
        return new SpeculationPolicy(
                policy.rule(), policy.stride(), policy.prefetch(), policy.async(), recovery, graph);
    }

    private static SpeculationPolicy explicit(String text) {
        SpeculationStride stride = SpeculationStride.of(SpeculationPolicy.PLAIN);
        int prefetch = SpeculationPolicy.PLAIN.prefetch();
        boolean async = false;
        boolean recovery = false;
        boolean graph = false;
        for (String part : text.split(",")) {
            if (part.startsWith(EXPLICIT)) {
                stride =
                        SpeculationStride.parse(part.substring(EXPLICIT.length()))
                                .orElseThrow(() -> unknown(text));
            } else if (part.startsWith("prefetch=")) {
                prefetch = number(text, part.substring("prefetch=".length()));
            } else if (part.equals("async")) {
                async = true;
            } else if (part.equals(RECOVERY)) {
                recovery = true;
            } else if (part.equals(GRAPH)) {
                graph = true;
            } else {
                throw unknown(text);
            }
        }
        return new SpeculationPolicy(
                stride.rule(), stride.steps(), prefetch, async, recovery, graph);
    }

    private static int number(String text, String value) {
        try {
            return Integer.parseInt(value);
        } catch (NumberFormatException e) {
            throw unknown(text);
        }
    }

    private static IllegalArgumentException unknown(String name) {
        return new IllegalArgumentException(
                ("--policies must name baseline, spec, letters of PSA, continuous or default, each"
                                + " perhaps with +recovery and +graph, or spell a policy out as"
                                + " stride=N|os3|continuous[,prefetch=N][,async][,recovery][,graph]"
                                + " (got %s)")
                        .formatted(name));
    }

    /** The policy spelled out, whatever it is called. */
    public String settings() {
        if (!mode.speculative()) {
            return "";
        }
        return stride()
                + ",prefetch="
                + policy.prefetch()
                + (policy.async() ? ",async" : "")
                + (policy.recovery() ? ",recovery" : "")
                + (policy.graph() ? ",graph" : "");
    }

    /** The stride alone, spelled out. */
    String stride() {
        return EXPLICIT + SpeculationStride.of(policy);
    }
}
