package io.ralmspec.job.assets;

/** Told how far a slow step is. Called from the thread that does the work; must return quickly. */
@FunctionalInterface
public interface ProgressListener {
    /** Listens to nothing. */
    ProgressListener NONE = (what, done, total) -> {};

    /**
     * @param what the step, in words a user reads, such as "all-MiniLM-L6-v2: unpack"
     * @param done bytes or entries done so far; the first call of a step has 0, the last has {@code
     *     total}
     * @param total bytes or entries in all
     */
    void progress(String what, long done, long total);
}
