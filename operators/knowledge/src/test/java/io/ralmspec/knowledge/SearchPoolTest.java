package io.ralmspec.knowledge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class SearchPoolTest {
    @Test
    void runsEveryItemOnceAndReturnsTheStatesThatTookPart() {
        try (SearchPool pool = new SearchPool(4, "test")) {
            AtomicIntegerArray runs = new AtomicIntegerArray(1000);
            List<AtomicInteger> states =
                    pool.run(
                            1000,
                            AtomicInteger::new,
                            (state, item) -> {
                                runs.incrementAndGet(item);
                                state.incrementAndGet();
                            });
            assertThat(states.stream().mapToInt(AtomicInteger::get).sum()).isEqualTo(1000);
            assertThat(states).hasSizeBetween(1, 4);
            for (int item = 0; item < 1000; item++) {
                assertThat(runs.get(item)).isEqualTo(1);
            }
        }
    }

    @Test
    void throwsTheFailureOfAnyThreadToTheCaller() {
        try (SearchPool pool = new SearchPool(3, "test")) {
            for (int failing = 0; failing < 20; failing++) {
                int item = failing;
                assertThatThrownBy(
                                () ->
                                        pool.run(
                                                20,
                                                () -> "",
                                                (state, i) -> {
                                                    if (i == item) {
                                                        throw new IllegalStateException("no");
                                                    }
                                                }))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessage("no");
            }
        }
    }

    @Test
    void callersFinishAloneWhileAllHelpersAreBusy() throws InterruptedException {
        try (SearchPool pool = new SearchPool(2, "test")) {
            CountDownLatch busy = new CountDownLatch(2);
            CountDownLatch release = new CountDownLatch(1);
            Thread other =
                    new Thread(
                            () ->
                                    pool.run(
                                            2,
                                            () -> "",
                                            (state, item) -> {
                                                busy.countDown();
                                                await(release);
                                            }));
            other.start();
            busy.await();
            List<Integer> done = Collections.synchronizedList(new ArrayList<>());
            pool.run(3, () -> "", (state, item) -> done.add(item));
            assertThat(done).containsExactly(0, 1, 2);
            release.countDown();
            other.join();
        }
    }

    @Test
    void keepsAnInterruptForTheCaller() {
        try (SearchPool pool = new SearchPool(2, "test")) {
            Thread.currentThread().interrupt();
            assertThat(pool.run(1, () -> "state", (state, item) -> {})).containsExactly("state");
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    @Test
    void worksWithoutHelpersOnceClosed() {
        SearchPool pool = new SearchPool(2, "test");
        pool.close();
        assertThat(pool.run(5, AtomicInteger::new, (state, item) -> state.incrementAndGet()))
                .hasSize(1);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
