package io.ralmspec.knowledge;

import java.nio.file.Path;

/**
 * Which KNN-LM datastore to build from what. Start with {@link #of} and change what differs.
 *
 * @param source the corpus, as {@link IndexSettings#source} says; titles are not used
 * @param target the datastore's directory to make
 * @param keyType fp16 halves the datastore and what a search reads
 * @param approximate whether to build a graph for approximate search, which holds the keys again in
 *     fp32
 * @param maxEntries stop the corpus after so many entries; 0 is all, up to 2^31 - 2
 * @param window how the corpus is cut for the model
 * @param maxBadLines lines that may be skipped before the build fails
 * @param threads threads that link the graph, in [1, 1024]. With 1, the same corpus gives the same
 *     graph; with more, each build gives a slightly different one
 * @param replace whether a datastore that is already there is replaced
 */
public record DatastoreSettings(
        Path source,
        Path target,
        VectorType keyType,
        boolean approximate,
        int maxEntries,
        Window window,
        int maxBadLines,
        int threads,
        boolean replace) {
    /** A longer text is a bad line. */
    static final int MAX_TEXT_CHARACTERS = 65_536;

    /**
     * The windows that the model sees. Each is {@code left} tokens of context, whose keys are in
     * the window before, and then the tokens whose keys it makes. So every key but those of the
     * corpus's beginning has seen {@code left} tokens or more.
     *
     * @param tokens length; 0 for what the model can take
     * @param left in [0, tokens); -1 for a quarter of the length
     */
    public record Window(int tokens, int left) {
        /** As long as the model can take, a quarter of it context. */
        public static final Window DEFAULT = new Window(0, -1);

        public Window {
            Checks.require(
                    tokens >= 0, "window_tokens", ">= 0, where 0 is all the model can", tokens);
            Checks.require(left >= -1, "left_tokens", ">= -1, where -1 is a quarter", left);
        }

        /** With numbers for the defaults. */
        Window of(int modelTokens) {
            int length = tokens == 0 ? modelTokens : tokens;
            Checks.require(
                    length <= modelTokens,
                    "window_tokens",
                    "<= what the model can take, " + modelTokens,
                    length);
            int context = left == -1 ? length / 4 : left;
            Checks.require(context < length, "left_tokens", "< window_tokens, " + length, context);
            return new Window(length, context);
        }

        /** Keys that one window makes. */
        int stride() {
            return tokens - left;
        }
    }

    public DatastoreSettings {
        target = target.toAbsolutePath().normalize();
        Checks.require(maxEntries >= 0, "max_entries", ">= 0, where 0 is all", maxEntries);
        Checks.require(maxBadLines >= 0, "max_bad_lines", ">= 0", maxBadLines);
        Checks.require(threads >= 1 && threads <= 1024, "threads", "in [1, 1024]", threads);
    }

    /** fp32, with approximate search, the whole corpus, 100 bad lines, no replacing. */
    public static DatastoreSettings of(Path source, Path target) {
        int processors = Math.min(1024, Runtime.getRuntime().availableProcessors());
        return new DatastoreSettings(
                source, target, VectorType.FP32, true, 0, Window.DEFAULT, 100, processors, false);
    }

    public DatastoreSettings withKeyType(VectorType value) {
        return new DatastoreSettings(
                source,
                target,
                value,
                approximate,
                maxEntries,
                window,
                maxBadLines,
                threads,
                replace);
    }

    public DatastoreSettings withApproximate(boolean value) {
        return new DatastoreSettings(
                source, target, keyType, value, maxEntries, window, maxBadLines, threads, replace);
    }

    public DatastoreSettings withMaxEntries(int value) {
        return new DatastoreSettings(
                source, target, keyType, approximate, value, window, maxBadLines, threads, replace);
    }

    public DatastoreSettings withWindow(Window value) {
        return new DatastoreSettings(
                source,
                target,
                keyType,
                approximate,
                maxEntries,
                value,
                maxBadLines,
                threads,
                replace);
    }

    public DatastoreSettings withMaxBadLines(int value) {
        return new DatastoreSettings(
                source, target, keyType, approximate, maxEntries, window, value, threads, replace);
    }

    public DatastoreSettings withThreads(int value) {
        return new DatastoreSettings(
                source,
                target,
                keyType,
                approximate,
                maxEntries,
                window,
                maxBadLines,
                value,
                replace);
    }

    public DatastoreSettings withReplace(boolean value) {
        return new DatastoreSettings(
                source,
                target,
                keyType,
                approximate,
                maxEntries,
                window,
                maxBadLines,
                threads,
                value);
    }

    /** Where the datastore grows until it is complete. */
    Path partial() {
        return target.resolveSibling(target.getFileName() + ".partial");
    }
}
