package io.ralmspec.streaming;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RoundWindowTest {
    private final RoundWindow window = new RoundWindow();

    @Test
    void isNotANumberBeforeTheFirstRound() {
        assertThat(window.acceptance()).isNaN();
        assertThat(window.meanSteps()).isNaN();
    }

    @Test
    void addsUpRounds() {
        window.add(3, 2, 1);
        window.add(5, 2, 2);
        assertThat(window.acceptance()).isEqualTo(0.75);
        assertThat(window.meanSteps()).isEqualTo(4);
        assertThat(window.lastSteps()).isEqualTo(5);
    }

    @Test
    void forgetsOldRounds() {
        for (int i = 0; i < RoundWindow.ROUNDS; i++) {
            window.add(1, 1, 0);
        }
        assertThat(window.acceptance()).isZero();
        for (int i = 0; i < RoundWindow.ROUNDS; i++) {
            window.add(4, 1, 1);
        }
        assertThat(window.acceptance()).isEqualTo(1);
        assertThat(window.meanSteps()).isEqualTo(4);
    }
}
