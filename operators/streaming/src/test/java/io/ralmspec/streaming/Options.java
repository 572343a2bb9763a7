package io.ralmspec.streaming;

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
                false);
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
                false);
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
                true);
    }
}
