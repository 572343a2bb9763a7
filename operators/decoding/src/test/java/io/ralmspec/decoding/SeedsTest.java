package io.ralmspec.decoding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class SeedsTest {
    @Test
    void checksEachSeedOnce() {
        Set<Long> seen = Collections.synchronizedSet(new TreeSet<>());
        AtomicLong checks = new AtomicLong();
        Seeds.forEach(
                1_000,
                seed -> {
                    seen.add(seed);
                    checks.incrementAndGet();
                });
        assertThat(checks).hasValue(1_000);
        assertThat(seen).hasSize(1_000);
    }

    @Test
    void namesASeedThatFails() {
        AtomicLong failed = new AtomicLong();
        assertThatThrownBy(
                        () ->
                                Seeds.forEach(
                                        1_000,
                                        seed -> {
                                            if (failed.compareAndSet(0, seed)) {
                                                throw new IllegalStateException("on purpose");
                                            }
                                        }))
                .satisfies(
                        e -> assertThat(e).hasMessageEndingWith("-Dralmspec.seed=" + failed.get()))
                .hasRootCauseMessage("on purpose");
    }

    @Test
    void reportsTheFirstSeedAndNoOtherIfItFails() {
        long first = Seeds.first();
        assertThatThrownBy(
                        () ->
                                Seeds.forEach(
                                        1_000,
                                        seed -> {
                                            throw new IllegalStateException("seed " + seed);
                                        }))
                .hasMessageStartingWith("seed " + first + " fails")
                .hasRootCauseMessage("seed " + first);
    }
}
