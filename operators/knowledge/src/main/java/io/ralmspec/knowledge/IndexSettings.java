package io.ralmspec.knowledge;

import io.ralmspec.decoding.RetrieverKind;
import java.nio.file.Path;
import java.util.Set;

/**
 * What to build from what. Start with {@link #of} and change what differs.
 *
 * @param source the corpus: {@code .tsv} with the header {@code id, text, title} or {@code .jsonl}
 *     with these fields, plain or with {@code .gz} or {@code .zst} added
 * @param target the index directory to make
 * @param retrievers at least one
 * @param limit index only so many documents, from the first; 0 is all
 * @param maxBadLines lines that may be skipped before the build fails
 * @param maxTextCharacters a longer title or text makes a line bad, in [1, 10000000]
 * @param encodeBatch documents given to the encoder at a time, in [1, 4096]
 * @param threads threads that link the HNSW graph, in [1, 1024]. With 1, the same corpus gives the
 *     same graph; with more, each build gives a slightly different one
 * @param replace whether an index that is already there is replaced
 */
public record IndexSettings(
        Path source,
        Path target,
        Set<RetrieverKind> retrievers,
        int limit,
        int maxBadLines,
        int maxTextCharacters,
        int encodeBatch,
        int threads,
        boolean replace) {

    public IndexSettings {
        target = target.toAbsolutePath().normalize();
        retrievers = Set.copyOf(retrievers);
        Checks.require(!retrievers.isEmpty(), "retrievers", "at least one", "none");
        Checks.require(limit >= 0, "limit", ">= 0, where 0 is all", limit);
        Checks.require(maxBadLines >= 0, "max_bad_lines", ">= 0", maxBadLines);
        Checks.require(
                maxTextCharacters >= 1 && maxTextCharacters <= 10_000_000,
                "max_text_characters",
                "in [1, 10000000]",
                maxTextCharacters);
        Checks.require(
                encodeBatch >= 1 && encodeBatch <= 4096,
                "encode_batch",
                "in [1, 4096]",
                encodeBatch);
        Checks.require(threads >= 1 && threads <= 1024, "threads", "in [1, 1024]", threads);
    }

    /** All retrievers, all documents, 100 bad lines, one thread per processor, no replacing. */
    public static IndexSettings of(Path source, Path target) {
        int processors = Math.min(1024, Runtime.getRuntime().availableProcessors());
        Set<RetrieverKind> all = Set.of(RetrieverKind.values());
        return new IndexSettings(source, target, all, 0, 100, 65_536, 32, processors, false);
    }

    public IndexSettings withRetrievers(Set<RetrieverKind> value) {
        return new IndexSettings(
                source,
                target,
                value,
                limit,
                maxBadLines,
                maxTextCharacters,
                encodeBatch,
                threads,
                replace);
    }

    public IndexSettings withLimit(int value) {
        return new IndexSettings(
                source,
                target,
                retrievers,
                value,
                maxBadLines,
                maxTextCharacters,
                encodeBatch,
                threads,
                replace);
    }

    public IndexSettings withMaxBadLines(int value) {
        return new IndexSettings(
                source,
                target,
                retrievers,
                limit,
                value,
                maxTextCharacters,
                encodeBatch,
                threads,
                replace);
    }

    public IndexSettings withMaxTextCharacters(int value) {
        return new IndexSettings(
                source,
                target,
                retrievers,
                limit,
                maxBadLines,
                value,
                encodeBatch,
                threads,
                replace);
    }

    public IndexSettings withEncodeBatch(int value) {
        return new IndexSettings(
                source,
                target,
                retrievers,
                limit,
                maxBadLines,
                maxTextCharacters,
                value,
                threads,
                replace);
    }

    public IndexSettings withThreads(int value) {
        return new IndexSettings(
                source,
                target,
                retrievers,
                limit,
                maxBadLines,
                maxTextCharacters,
                encodeBatch,
                value,
                replace);
    }

    public IndexSettings withReplace(boolean value) {
        return new IndexSettings(
                source,
                target,
                retrievers,
                limit,
                maxBadLines,
                maxTextCharacters,
                encodeBatch,
                threads,
                value);
    }

    /** Whether document vectors are needed. */
    boolean dense() {
        return retrievers.stream().anyMatch(RetrieverKind::dense);
    }

    /** Where the index grows until it is complete. */
    Path partial() {
        return target.resolveSibling(target.getFileName() + ".partial");
    }
}
