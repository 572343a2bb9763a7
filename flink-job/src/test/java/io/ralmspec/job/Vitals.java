package io.ralmspec.job;

import io.ralmspec.decoding.LanguageModel;
import io.ralmspec.model.OnnxLanguageModel;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * What must not grow while a job runs.
 *
 * @param threads live threads of this JVM
 * @param heapBytes in use after a garbage collection
 * @param directBytes of direct buffers
 * @param kvHandles tensors with keys and values that are open
 */
record Vitals(int threads, long heapBytes, long directBytes, long kvHandles) {
    /**
     * @param models all that were ever opened; those that don't run on ONNX Runtime have no tensors
     */
    static Vitals now(List<LanguageModel> models) {
        // Buffers that the collector has found are freed a little later, by another thread.
        System.gc();
        LockSupport.parkNanos(50_000_000);
        System.gc();
        LockSupport.parkNanos(50_000_000);
        long direct =
                ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                        .filter(pool -> pool.getName().equals("direct"))
                        .mapToLong(BufferPoolMXBean::getMemoryUsed)
                        .sum();
        return new Vitals(
                ManagementFactory.getThreadMXBean().getThreadCount(),
                ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed(),
                direct,
                models.stream().mapToLong(Vitals::kvHandles).sum());
    }

    /** The larger one of each. */
    Vitals most(Vitals other) {
        return new Vitals(
                Math.max(threads, other.threads),
                Math.max(heapBytes, other.heapBytes),
                Math.max(directBytes, other.directBytes),
                Math.max(kvHandles, other.kvHandles));
    }

    private static long kvHandles(LanguageModel model) {
        return model instanceof OnnxLanguageModel onnx ? onnx.counters().handlesOpen() : 0;
    }

    @Override
    public String toString() {
        return "%d threads, %d MiB heap, %d MiB direct, %d KV handles"
                .formatted(threads, heapBytes >> 20, directBytes >> 20, kvHandles);
    }
}
