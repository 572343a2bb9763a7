package io.ralmspec.knowledge;

/**
 * Told how a build goes, one call at a time, by the thread that runs it or, of {@link
 * BuildPhase#LINK}, by those that work for it.
 */
public interface BuildListener {
    /** Says nothing. */
    BuildListener SILENT = (phase, done, total) -> {};

    /**
     * @param done so far, in the phase's unit, work of an earlier run included
     * @param total in the same unit; a phase ends with done = total
     */
    void progress(BuildPhase phase, long done, long total);

    /** A line of the corpus is left out. */
    default void skipped(SkippedLine line) {}

    /**
     * An earlier, interrupted build of the same index or datastore goes on.
     *
     * @param encoded documents or entries that have their vector already
     */
    default void resumed(int encoded) {}
}
