package io.ralmspec.streaming;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RoundWindowTest {
    private final RoundWindow window = new RoundWindow();

    @Test
    void isNotANumberBeforeTheFirstRound() {
        assertThat(window.acceptance()).isNaN();
        assertThat(window.meanLookups()).isNaN();
        assertThat(window.lastLookups()).isZero();
    }

    @Test
    void addsUpRounds() {
        window.round(3);
        window.judged(2, 1);
        window.round(5);
        window.judged(1, 1);
        window.judged(1, 1);
        assertThat(window.acceptance()).isEqualTo(0.75);
        assertThat(window.meanLookups()).isEqualTo(4);
        assertThat(window.lastLookups()).isEqualTo(5);
    }

    @Test
    void guessesJudgedBeforeTheFirstRoundCountForAsLongAsARound() {
        window.judged(4, 1);
        for (int i = 1; i < RoundWindow.ROUNDS; i++) {
            window.round(1);
        }
        assertThat(window.acceptance()).isEqualTo(0.25);
        window.round(1);
        assertThat(window.acceptance()).isNaN();
        assertThat(window.meanLookups()).isEqualTo(1);
    }

    @Test
    void forgetsOldRounds() {
        for (int i = 0; i < RoundWindow.ROUNDS; i++) {
            window.round(1);
            window.judged(1, 0);
        }
        assertThat(window.acceptance()).isZero();
        for (int i = 0; i < RoundWindow.ROUNDS; i++) {
            window.round(4);
            window.judged(1, 1);
        }
        assertThat(window.acceptance()).isEqualTo(1);
        assertThat(window.meanLookups()).isEqualTo(4);
    }
}
