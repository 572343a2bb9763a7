package io.ralmspec.kafka;

import java.lang.management.ManagementFactory;

/** Bounds on time that hold on a busy machine, too. */
final class CpuClock {
    private CpuClock() {}

    /** What this thread has used of a processor, in seconds. */
    static double seconds() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() / 1e9;
    }
}
