package io.ralmspec.job.cli;

import io.ralmspec.decoding.DecodingMode;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;

/** Mode names as command line arguments. */
final class Modes {
    private Modes() {}

    /**
     * @throws IllegalArgumentException if it is not one of those that hold
     */
    static DecodingMode parse(String name, Predicate<DecodingMode> holds) {
        List<String> names =
                Arrays.stream(DecodingMode.values())
                        .filter(holds)
                        .map(DecodingMode::wireName)
                        .toList();
        return DecodingMode.ofWireName(name)
                .filter(holds)
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "--mode must be one of %s (got %s)"
                                                .formatted(String.join(", ", names), name)));
    }
}
