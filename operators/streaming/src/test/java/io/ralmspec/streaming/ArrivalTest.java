package io.ralmspec.streaming;

import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.Origin;
import io.ralmspec.decoding.Phase;
import io.ralmspec.decoding.Seeds;
import io.ralmspec.decoding.SessionState;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ArrivalTest {
    @Test
    void ordersByReceiptThenByPlaceInTheTopic() {
        List<Arrival> expected =
                List.of(
                        arrival(1, "t", 9, 9),
                        arrival(2, "s", 8, 8),
                        arrival(2, "t", 0, 7),
                        arrival(2, "t", 2, 5),
                        arrival(2, "t", 2, 6),
                        arrival(2, "t", 10, 0),
                        arrival(10, "a", 0, 0));
        long seed = Seeds.first();
        List<Arrival> shuffled = new ArrayList<>(expected);
        Collections.shuffle(shuffled, new Random(seed));
        Collections.sort(shuffled);
        assertThat(shuffled).as("seed=%d", seed).isEqualTo(expected);
    }

    @Test
    void holdsWhatTheSessionSays() {
        SessionState submitted = SessionState.submitted(Requests.simple("a", 500), 1_234);
        Origin origin = new Origin("topic", 3, 4, 5, null, null, List.of(), List.of());
        assertThat(submitted.phase()).isEqualTo(Phase.SUBMITTED);
        assertThat(Arrival.of(new StoredSession(origin, submitted)))
                .isEqualTo(new Arrival("a", true, 1_234, 500, "topic", 3, 4));
    }

    private static Arrival arrival(long receivedMillis, String topic, int partition, long offset) {
        return new Arrival("id", true, receivedMillis, 0, topic, partition, offset);
    }
}
