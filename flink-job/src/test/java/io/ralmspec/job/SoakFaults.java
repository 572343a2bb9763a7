package io.ralmspec.job;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.flink.api.common.JobID;

/**
 * Disturbs a running job, one fault after the other in turn, none of which a client may notice:
 * each stays within the retries.
 */
final class SoakFaults {
    /** What is done to the job. */
    enum Fault {
        TASK_MANAGER_KILLED,
        SLOW_SEARCHES,
        FAILING_SEARCHES,
        FAILING_MODEL
    }

    private static final int SLOW = 20;
    private static final long SLOW_MILLIS = 100;

    private final JobCluster cluster;
    private final JobID job;
    private final AtomicInteger slow = new AtomicInteger();
    private final AtomicInteger failing = new AtomicInteger();
    private final AtomicInteger failingModel = new AtomicInteger();
    private final Map<Fault, AtomicInteger> hits = new EnumMap<>(Fault.class);
    private int next;

    SoakFaults(JobCluster cluster, JobID job, WatchedServing.Control control) {
        this.cluster = cluster;
        this.job = job;
        for (Fault fault : Fault.values()) {
            hits.put(fault, new AtomicInteger());
        }
        control.beforeSearch =
                search -> {
                    if (take(slow)) {
                        Thread.sleep(SLOW_MILLIS);
                        hit(Fault.SLOW_SEARCHES);
                    }
                    fail(failing, Fault.FAILING_SEARCHES);
                };
        control.beforeGenerate = generation -> fail(failingModel, Fault.FAILING_MODEL);
    }

    /** The next fault; returns when the job runs again, where it was stopped. */
    void inject() throws Exception {
        Fault fault = Fault.values()[next++ % Fault.values().length];
        switch (fault) {
            case TASK_MANAGER_KILLED -> {
                cluster.killTaskManager(job);
                hit(fault);
            }
            case SLOW_SEARCHES -> slow.set(SLOW);
            // A search that fails is tried three times, a model step twice.
            case FAILING_SEARCHES -> failing.set(2);
            case FAILING_MODEL -> failingModel.set(1);
        }
    }

    /** How often each fault met its target. */
    Map<Fault, AtomicInteger> hits() {
        return hits;
    }

    boolean allHit() {
        return hits.values().stream().allMatch(count -> count.get() > 0);
    }

    private void fail(AtomicInteger left, Fault fault) {
        if (take(left)) {
            hit(fault);
            throw new IllegalStateException("on purpose: " + fault);
        }
    }

    private void hit(Fault fault) {
        hits.get(fault).incrementAndGet();
    }

    private static boolean take(AtomicInteger left) {
        return left.getAndUpdate(n -> Math.max(0, n - 1)) > 0;
    }
}
