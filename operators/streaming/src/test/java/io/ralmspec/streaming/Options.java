package io.ralmspec.streaming;

import io.ralmspec.decoding.StrideSettings;
import java.time.Duration;

/** Operator options for tests: the defaults, with a few of them changed. */
final class Options {
    private Options() {}

    static OperatorOptions bounds(int maxInFlight, int maxParked) {
        return new OperatorOptions(
                maxInFlight,
                maxParked,
                Duration.ofHours(1),
                Duration.ofSeconds(30),
                3,
                Duration.ofMillis(10),
                256,
                2 * maxInFlight,
                false,
                StrideSettings.DEFAULT);
    }

    static OperatorOptions verification(Duration timeout, int attempts) {
        return new OperatorOptions(
                16,
                10_000,
                Duration.ofHours(1),
                timeout,
                attempts,
                Duration.ofMillis(10),
                64,
                32,
                false,
                StrideSettings.DEFAULT);
    }

    static OperatorOptions chained(OperatorOptions o) {
        return new OperatorOptions(
                o.maxInFlight(),
                o.maxParked(),
                o.retention(),
                o.verificationTimeout(),
                o.verificationAttempts(),
                o.verificationBackoff(),
                o.maxVerificationBatch(),
                o.asyncCapacity(),
                true,
                o.strides());
    }

    static OperatorOptions maxStride(int maxStride, OperatorOptions o) {
        StrideSettings strides = o.strides();
        return new OperatorOptions(
                o.maxInFlight(),
                o.maxParked(),
                o.retention(),
                o.verificationTimeout(),
                o.verificationAttempts(),
                o.verificationBackoff(),
                o.maxVerificationBatch(),
                o.asyncCapacity(),
                o.chained(),
                new StrideSettings(maxStride, strides.gammaMax(), strides.window()));
    }
}
