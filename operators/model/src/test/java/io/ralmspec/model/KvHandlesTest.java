package io.ralmspec.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ralmspec.decoding.Context;
import io.ralmspec.decoding.Generation;
import io.ralmspec.decoding.Sampling;
import io.ralmspec.decoding.Stride;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever is done to a model, it closes every tensor that it opened, and takes no more memory the
 * longer it runs.
 */
class KvHandlesTest {
    private static final int CALLS = 1_500;
    private static final int SEQUENCES = 12;
    private static final long KV_BYTES = 400_000;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "gpt2-growing",
                "gpt2-shared",
                "opt-growing",
                "llama-growing",
                "llama-shared"
            })
    void areClosedAfterCancelsReleasesAndRefusedCalls(String name) throws InterruptedException {
        long seed = Seeds.next();
        Random random = new Random(seed);
        int cancelled = 0;
        int refused = 0;
        long mostHandles = 0;
        long warmHandles = 0;
        OnnxLanguageModel model = open(name, KV_BYTES);
        long warmBytes = 0;
        for (int i = 0; i < CALLS; i++) {
            String sequence = "s" + random.nextInt(SEQUENCES);
            int document = random.nextInt(5) - 1;
            int[] tokens = random.ints(1 + random.nextInt(60), 0, 600).toArray();
            Context context = new Context(sequence, document, tokens);
            AtomicInteger runs = new AtomicInteger(random.nextInt(12));
            switch (random.nextInt(8)) {
                case 0 -> model.release(sequence);
                case 1 -> {
                    assertThatThrownBy(() -> generate(model, context, 100_000, runs))
                            .isInstanceOf(IllegalArgumentException.class);
                    refused++;
                }
                default -> cancelled += generate(model, context, 6, runs) == null ? 1 : 0;
            }
            mostHandles = Math.max(mostHandles, model.counters().handlesOpen());
            if (i == CALLS / 3) {
                warmHandles = mostHandles;
                warmBytes = directBytes(0);
            }
        }
        assertThat(cancelled).as("seed=%d", seed).isPositive();
        assertThat(refused).isPositive();
        assertThat(mostHandles).as("seed=%d", seed).isLessThanOrEqualTo(warmHandles * 3 / 2);
        long bound = warmBytes + 8 * KV_BYTES;
        assertThat(directBytes(bound)).as("seed=%d", seed).isLessThan(bound);
        model.close();
        KvCounters counters = model.counters();
        assertThat(counters.handlesOpened())
                .isGreaterThan(CALLS)
                .isEqualTo(counters.handlesClosed());
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2-growing", "gpt2-shared"})
    void areClosedWithTheirSequence(String name) {
        try (OnnxLanguageModel model = open(name, 0)) {
            for (int i = 0; i < 10; i++) {
                Context context = new Context("s" + i, 1, new int[] {40 + i, 41, 42});
                Generations.generate(model, context, 4, Sampling.GREEDY);
            }
            assertThat(model.counters().handlesOpened()).isPositive();
            assertThat(model.counters().handlesOpen()).as("nothing may be kept").isZero();
        }
        try (OnnxLanguageModel model = open(name, 1 << 24)) {
            Context context = new Context("s", -1, new int[] {40, 41, 42});
            Generations.generate(model, context, 4, Sampling.GREEDY);
            assertThat(model.counters().handlesOpen()).isPositive();
            model.release("s");
            assertThat(model.counters().handlesOpen()).isZero();
        }
    }

    /** Cancelled after some runs. */
    private static Stride generate(
            OnnxLanguageModel model, Context context, int maxTokens, AtomicInteger runs) {
        return model.generate(
                Generation.of(context, maxTokens, Sampling.GREEDY),
                () -> runs.getAndDecrement() == 0);
    }

    /** Once they are fewer than this, or do not get fewer any more. */
    private static long directBytes(long enough) throws InterruptedException {
        long least = Long.MAX_VALUE;
        // Buffers that the collector has found are freed a little later, by another thread.
        for (int same = 0; same < 10 && least >= enough; same++) {
            System.gc();
            Thread.sleep(50);
            long bytes = directBytes();
            if (bytes < least) {
                least = bytes;
                same = 0;
            }
        }
        return least;
    }

    private static long directBytes() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
    }

    private static OnnxLanguageModel open(String name, long kvBytes) {
        return OnnxLanguageModel.open(
                TestDirectories.resource("models/" + name),
                new ModelOptions(1, 0, kvBytes, kvBytes, Device.CPU, 1),
                ListCatalog.expected());
    }
}
