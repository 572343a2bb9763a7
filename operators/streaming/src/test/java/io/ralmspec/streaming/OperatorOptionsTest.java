package io.ralmspec.streaming;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ralmspec.decoding.StrideSettings;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class OperatorOptionsTest {
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration HOUR = Duration.ofHours(1);

    @Test
    void defaultsHoldWhatARestoreBringsBack() {
        OperatorOptions options = OperatorOptions.DEFAULT;
        assertThat(options.asyncCapacity()).isEqualTo(2 * options.maxInFlight());
        assertThat(options.chained()).isFalse();
        assertThat(options.strides()).isEqualTo(StrideSettings.DEFAULT);
    }

    @Test
    void everyBoundIsNamedWithTheValueGot() {
        refused("`max-in-flight` must be >= 1 (got 0)", 0, 0, HOUR, SECOND, 1, SECOND, 1, 1);
        refused("`max-parked` must be >= 0 (got -1)", 1, -1, HOUR, SECOND, 1, SECOND, 1, 1);
        refused(
                "`retention` must be > verification-timeout (1000 ms) (got 1000 ms)",
                1,
                0,
                SECOND,
                SECOND,
                1,
                SECOND,
                1,
                1);
        refused(
                "`verification-timeout` must be >= 1 ms (got 0 ms)",
                1,
                0,
                HOUR,
                Duration.ZERO,
                1,
                SECOND,
                1,
                1);
        refused(
                "`verification-attempts` must be >= 1 (got 0)",
                1,
                0,
                HOUR,
                SECOND,
                0,
                SECOND,
                1,
                1);
        refused(
                "`verification-backoff` must be >= 1 ms (got 0 ms)",
                1,
                0,
                HOUR,
                SECOND,
                1,
                Duration.ZERO,
                1,
                1);
        refused(
                "`max-verification-batch` must be >= 1 (got 0)",
                1,
                0,
                HOUR,
                SECOND,
                1,
                SECOND,
                0,
                1);
        refused("`async-capacity` must be >= 1 (got 0)", 1, 0, HOUR, SECOND, 1, SECOND, 1, 0);
    }

    private static void refused(
            String message,
            int maxInFlight,
            int maxParked,
            Duration retention,
            Duration timeout,
            int attempts,
            Duration backoff,
            int maxBatch,
            int capacity) {
        assertThatThrownBy(
                        () ->
                                new OperatorOptions(
                                        maxInFlight,
                                        maxParked,
                                        retention,
                                        timeout,
                                        attempts,
                                        backoff,
                                        maxBatch,
                                        capacity,
                                        false,
                                        StrideSettings.DEFAULT))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }
}
