package io.ralmspec.job.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ArrivalScheduleTest {
    private static final long SEED = Long.getLong("ralmspec.seed", 42L);

    @Test
    void gapsAreExponential() {
        System.out.println("seed=" + SEED);
        int count = 100_000;
        double rate = 25;
        ArrivalSchedule schedule = ArrivalSchedule.poisson(SEED, rate, count);
        double sum = 0;
        double squares = 0;
        int longerThanMean = 0;
        long before = 0;
        for (int i = 0; i < count; i++) {
            double gap = (schedule.at(i) - before) / 1e9;
            assertThat(gap).isNotNegative();
            before = schedule.at(i);
            sum += gap;
            squares += gap * gap;
            longerThanMean += gap > 1 / rate ? 1 : 0;
        }
        double mean = sum / count;
        double variance = squares / count - mean * mean;
        // Five standard errors.
        assertThat(mean * rate).isCloseTo(1, within(0.016));
        assertThat(variance * rate * rate).isCloseTo(1, within(0.05));
        assertThat((double) longerThanMean / count).isCloseTo(Math.exp(-1), within(0.008));
    }

    @Test
    void countsPerSecondScatterAsMuchAsTheirMean() {
        ArrivalSchedule schedule = ArrivalSchedule.poisson(SEED, 10, Duration.ofSeconds(5000));
        int[] counts = new int[5000];
        for (int i = 0; i < schedule.size(); i++) {
            counts[(int) (schedule.at(i) / 1_000_000_000L)]++;
        }
        double mean = schedule.size() / 5000.0;
        double variance = 0;
        for (int count : counts) {
            variance += (count - mean) * (count - mean) / counts.length;
        }
        assertThat(mean).isCloseTo(10, within(0.25));
        assertThat(variance / mean).isCloseTo(1, within(0.1));
    }

    @Test
    void theSeedFixesTheArrivalsHoweverTheyEnd() {
        ArrivalSchedule counted = ArrivalSchedule.poisson(SEED, 50, 1000);
        ArrivalSchedule timed = ArrivalSchedule.poisson(SEED, 50, Duration.ofSeconds(5));
        ArrivalSchedule other = ArrivalSchedule.poisson(SEED + 1, 50, 1000);
        assertThat(timed.size()).isBetween(150, 350);
        for (int i = 0; i < timed.size(); i++) {
            assertThat(timed.at(i)).isEqualTo(counted.at(i)).isNotEqualTo(other.at(i));
            assertThat(timed.at(i)).isLessThan(5_000_000_000L);
        }
        assertThat(counted.at(timed.size())).isGreaterThanOrEqualTo(5_000_000_000L);
    }

    @Test
    void aRateThatIsNoneIsNamed() {
        assertThatThrownBy(() -> ArrivalSchedule.poisson(SEED, 0, 3))
                .hasMessage("--rate must be > 0 (got 0.0)");
        assertThatThrownBy(() -> ArrivalSchedule.poisson(SEED, Double.NaN, 3))
                .hasMessage("--rate must be > 0 (got NaN)");
        assertThatThrownBy(() -> ArrivalSchedule.poisson(SEED, 1e6, Duration.ofSeconds(60)))
                .hasMessageContaining("--rate times --duration must be <= 10000000");
    }
}
