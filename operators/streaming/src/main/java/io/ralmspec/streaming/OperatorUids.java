package io.ralmspec.streaming;

import java.util.Locale;

/**
 * Name and uid of every operator of the loop. A savepoint finds its state by uid: never change one.
 */
public enum OperatorUids {
    SPECULATIVE_RETRIEVAL,
    VERIFICATION,
    FEEDBACK;

    /**
     * Most subtasks the job can ever be rescaled to, a number with many divisors; fixed by the
     * first savepoint.
     */
    public static final int MAX_PARALLELISM = 720;

    /** Operator name, uid and, as stages are not chained, vertex name in the Flink UI. */
    public String uid() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
