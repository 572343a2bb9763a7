package io.ralmspec.job;

import java.util.Locale;

/** Name and uid of the job's operators around the loop. A savepoint finds its state by uid. */
enum JobUids {
    REQUESTS,
    PARSE,
    ANSWERS,
    DELTAS,
    DEAD_LETTERS;

    /** Operator name, uid and vertex name in the Flink UI. */
    String uid() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
