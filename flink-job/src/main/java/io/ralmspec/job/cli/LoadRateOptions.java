package io.ralmspec.job.cli;

import io.ralmspec.job.load.LoadPlan;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How many requests arrive, and how fast. */
final class LoadRateOptions {
    private static final int DEFAULT_SECONDS = 60;

    @Option(names = "--rate", description = "Requests per second, on average; or:")
    private @Nullable Double rate;

    @Option(
            names = "--capacity-share",
            description =
                    "Share of what the job can do at most, such as 0.7; that is measured first,"
                            + " with the first policy.")
    private @Nullable Double capacityShare;

    @Option(
            names = "--calibration",
            defaultValue = "15",
            description = "Seconds to measure capacity (${DEFAULT-VALUE}).")
    private int calibrationSeconds;

    @Option(names = "--duration", description = "Seconds in which requests arrive (60); or:")
    private @Nullable Integer durationSeconds;

    @Option(names = "--requests", description = "So many requests, however long that takes.")
    private @Nullable Integer requests;

    /**
     * @throws IllegalArgumentException naming an argument that is out of range
     */
    LoadPlan.Arrivals arrivals() {
        if ((rate == null) == (capacityShare == null)) {
            throw new IllegalArgumentException(
                    "either --rate or --capacity-share must be set (got %s)"
                            .formatted(rate == null ? "neither" : "both"));
        }
        if (requests != null && durationSeconds != null) {
            throw new IllegalArgumentException(
                    "either --duration or --requests must be set (got both)");
        }
        positive("--rate", rate);
        positive("--capacity-share", capacityShare);
        positive("--requests", requests);
        return new LoadPlan.Arrivals(
                rate == null ? 0 : rate,
                capacityShare == null ? 0 : capacityShare,
                requests == null ? 0 : requests,
                Duration.ofSeconds(durationSeconds == null ? DEFAULT_SECONDS : durationSeconds),
                Duration.ofSeconds(calibrationSeconds));
    }

    private static void positive(String name, @Nullable Number value) {
        if (value != null && !(value.doubleValue() > 0)) {
            throw new IllegalArgumentException("%s must be > 0 (got %s)".formatted(name, value));
        }
    }
}
