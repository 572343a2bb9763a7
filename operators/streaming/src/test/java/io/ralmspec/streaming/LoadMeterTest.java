package io.ralmspec.streaming;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.ralmspec.decoding.ModelLoad;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class LoadMeterTest {
    private static final Offset<Double> EXACTLY = within(1e-12);

    private final LoadMeter meter = new LoadMeter();

    @Test
    void aTurnIsOneStepOfEveryRequest() {
        meter.joined();
        meter.joined();
        meter.worked(0.1);
        ModelLoad load = meter.completed(1, 0.25);
        assertThat(load.waitedSeconds()).isEqualTo(0.25);
        assertThat(load.turnSeconds()).isEqualTo(0.2, EXACTLY);
    }

    @Test
    void whoIsAloneWaitsForNobody() {
        meter.joined();
        meter.joined();
        meter.left();
        meter.worked(0.1);
        assertThat(meter.completed(1, 0)).isEqualTo(new ModelLoad(0, 0));
    }

    @Test
    void workBeforeAnybodyWantedStepsIsNotTheirs() {
        meter.worked(100);
        meter.joined();
        meter.joined();
        meter.worked(0.1);
        assertThat(meter.completed(1, 0).turnSeconds()).isEqualTo(0.2, EXACTLY);
    }

    @Test
    void stepsSideBySideShareWhatTheyCost() {
        meter.joined();
        meter.joined();
        for (int run = 0; run < 200; run++) {
            meter.worked(0.3);
            // Three at once: the first pays for all, the others for nothing.
            meter.completed(1, 0);
            meter.completed(1, 0);
            meter.completed(1, 0);
        }
        meter.worked(0.3);
        assertThat(meter.completed(1, 0).turnSeconds()).isBetween(2 * 0.09, 2 * 0.13);
    }

    @Test
    void workInVainIsPaidByTheStepsThatComeThrough() {
        meter.joined();
        meter.joined();
        meter.worked(0.1);
        meter.worked(0.1);
        assertThat(meter.completed(1, 0).turnSeconds()).isEqualTo(0.4, EXACTLY);
    }

    @Test
    void tokensOfOneSpeculationShareWhatItCost() {
        meter.joined();
        meter.joined();
        meter.worked(0.3);
        assertThat(meter.completed(3, 0).turnSeconds()).isEqualTo(2 * 0.1, EXACTLY);
        meter.worked(0.6);
        double third = 0.1 + (1 - 0.9 * 0.9 * 0.9) * (0.2 - 0.1);
        assertThat(meter.completed(3, 0).turnSeconds()).isEqualTo(2 * third, EXACTLY);
    }
}
