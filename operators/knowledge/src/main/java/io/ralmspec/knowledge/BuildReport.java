package io.ralmspec.knowledge;

import java.util.List;

/**
 * A finished build.
 *
 * @param documents documents in the index
 * @param resumed how many of them an earlier, interrupted run had embedded
 */
public record BuildReport(int documents, int resumed, List<SkippedLine> skipped) {
    public BuildReport {
        skipped = List.copyOf(skipped);
    }
}
