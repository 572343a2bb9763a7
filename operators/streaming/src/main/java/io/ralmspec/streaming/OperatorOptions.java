package io.ralmspec.streaming;

import io.ralmspec.decoding.StrideSettings;
import java.io.Serializable;
import java.time.Duration;

/**
 * Bounds of the loop. Each holds per subtask unless said otherwise.
 *
 * @param maxInFlight requests decoded at a time, at least 1
 * @param maxParked requests that may wait for that; more are answered with an error, at least 0
 * @param retention how long the id of an answered request is remembered; longer than {@code
 *     verificationTimeout}, so that no late result meets a new request of the same id
 * @param verificationTimeout for one verification, all attempts together
 * @param verificationAttempts calls to a failing knowledge base, the first included, at least 1
 * @param verificationBackoff wait before the next attempt
 * @param maxVerificationBatch queries per knowledge base call, per JVM, at least 1
 * @param asyncCapacity verifications that are out at a time, at least 1; twice {@code maxInFlight}
 *     also holds what a restore brings back
 * @param chained run the loop's stages in one vertex: saves about 50 microseconds per round, but
 *     hides the stages in the Flink UI
 * @param strides bounds of speculation, per request
 */
public record OperatorOptions(
        int maxInFlight,
        int maxParked,
        Duration retention,
        Duration verificationTimeout,
        int verificationAttempts,
        Duration verificationBackoff,
        int maxVerificationBatch,
        int asyncCapacity,
        boolean chained,
        StrideSettings strides)
        implements Serializable {
    public static final OperatorOptions DEFAULT =
            new OperatorOptions(
                    64,
                    10_000,
                    Duration.ofHours(1),
                    Duration.ofSeconds(30),
                    3,
                    Duration.ofMillis(200),
                    256,
                    128,
                    false,
                    StrideSettings.DEFAULT);

    public OperatorOptions {
        atLeast(1, "max-in-flight", maxInFlight);
        atLeast(0, "max-parked", maxParked);
        atLeast(1, "verification-timeout", verificationTimeout.toMillis(), " ms");
        require(
                retention.compareTo(verificationTimeout) > 0,
                "retention",
                "> verification-timeout (" + verificationTimeout.toMillis() + " ms)",
                retention.toMillis() + " ms");
        atLeast(1, "verification-attempts", verificationAttempts);
        atLeast(1, "verification-backoff", verificationBackoff.toMillis(), " ms");
        atLeast(1, "max-verification-batch", maxVerificationBatch);
        atLeast(1, "async-capacity", asyncCapacity);
    }

    private static void atLeast(int bound, String name, int got) {
        atLeast(bound, name, got, "");
    }

    private static void atLeast(int bound, String name, long got, String unit) {
        require(got >= bound, name, ">= " + bound + unit, got + unit);
    }

    private static void require(boolean holds, String name, String bound, String got) {
        if (!holds) {
            throw new IllegalArgumentException(
                    "`%s` must be %s (got %s)".formatted(name, bound, got));
        }
    }
}
