package io.ralmspec.streaming;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DeadlinesTest {
    private final Deadlines deadlines = new Deadlines();

    @Test
    void passInOrderAndOnce() {
        deadlines.add("late", 1_000, 500);
        deadlines.add("early", 1_000, 100);
        deadlines.add("same time", 900, 200);
        assertThat(deadlines.passed(1_099)).isEmpty();
        assertThat(deadlines.passed(1_100)).containsExactly("early", "same time");
        assertThat(deadlines.passed(1_499)).isEmpty();
        assertThat(deadlines.passed(9_999)).containsExactly("late");
        assertThat(deadlines.passed(9_999)).isEmpty();
    }

    @Test
    void zeroIsNone() {
        deadlines.add("a", 1_000, 0);
        assertThat(deadlines.passed(Long.MAX_VALUE)).isEmpty();
    }

    @Test
    void aRemovedOneNeverPasses() {
        deadlines.add("a", 1_000, 1);
        deadlines.remove("a");
        deadlines.remove("unknown");
        assertThat(deadlines.passed(9_999)).isEmpty();
    }

    @Test
    void theLastOneCounts() {
        deadlines.add("a", 1_000, 1);
        deadlines.add("a", 1_000, 500);
        assertThat(deadlines.passed(1_100)).isEmpty();
        assertThat(deadlines.passed(1_500)).containsExactly("a");
    }
}
