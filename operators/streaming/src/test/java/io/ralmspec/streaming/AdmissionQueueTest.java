package io.ralmspec.streaming;

import static io.ralmspec.streaming.AdmissionQueue.Decision.PARK;
import static io.ralmspec.streaming.AdmissionQueue.Decision.REFUSE;
import static io.ralmspec.streaming.AdmissionQueue.Decision.START;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AdmissionQueueTest {
    private final AdmissionQueue queue = new AdmissionQueue(2, 2);

    @Test
    void startsThenParksThenRefuses() {
        assertThat(queue.offer("a")).isEqualTo(START);
        assertThat(queue.offer("b")).isEqualTo(START);
        assertThat(queue.offer("c")).isEqualTo(PARK);
        assertThat(queue.offer("d")).isEqualTo(PARK);
        assertThat(queue.offer("e")).isEqualTo(REFUSE);
        assertThat(queue.inFlight()).isEqualTo(2);
        assertThat(queue.parked()).isEqualTo(2);
    }

    @Test
    void admitsInOrderWhenThereIsRoom() {
        for (String id : new String[] {"a", "b", "c", "d"}) {
            queue.offer(id);
        }
        assertThat(queue.admit()).isNull();
        queue.remove("b");
        assertThat(queue.admit()).isEqualTo("c");
        assertThat(queue.admit()).isNull();
        queue.remove("a");
        queue.remove("c");
        assertThat(queue.admit()).isEqualTo("d");
        assertThat(queue.admit()).isNull();
        queue.remove("d");
        assertThat(queue.isEmpty()).isTrue();
    }

    @Test
    void aNewRequestDoesNotOvertakeAParkedOne() {
        queue.restoreParked("old");
        assertThat(queue.offer("new")).isEqualTo(PARK);
        assertThat(queue.admit()).isEqualTo("old");
    }

    @Test
    void aParkedRequestCanEnd() {
        for (String id : new String[] {"a", "b", "c", "d"}) {
            queue.offer(id);
        }
        queue.remove("c");
        queue.remove("a");
        assertThat(queue.admit()).isEqualTo("d");
    }

    @Test
    void takesBackMoreThanItsBoundsAfterARestore() {
        for (int i = 0; i < 5; i++) {
            queue.restoreInFlight("f" + i);
            queue.restoreParked("p" + i);
        }
        assertThat(queue.inFlight()).isEqualTo(5);
        assertThat(queue.parked()).isEqualTo(5);
        assertThat(queue.admit()).isNull();
        assertThat(queue.offer("new")).isEqualTo(REFUSE);
    }
}
