package io.ralmspec.job.cli;

import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.RetrieverKind;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine.Option;

/** What the commands that hold policies against each other ask, and of which retrievers. */
final class QuestionOptions {
    @Option(
            names = "--questions",
            required = true,
            description =
                    "JSON lines with `question` or `prompt`, and perhaps `gold` or `answers`.")
    Path questions = Path.of("");

    @Option(
            names = "--retriever",
            split = ",",
            description = "Retrievers to ask; all that the mode has, if none is named.")
    private List<String> retrievers = List.of();

    /**
     * Each once.
     *
     * @throws IllegalArgumentException naming one that is unknown or that the mode does not have
     */
    List<RetrieverKind> retrievers(DecodingMode mode) {
        if (retrievers.isEmpty()) {
            return Arrays.stream(RetrieverKind.values()).filter(mode::allows).toList();
        }
        List<RetrieverKind> named = retrievers.stream().map(Retrievers::parse).distinct().toList();
        for (RetrieverKind kind : named) {
            if (!mode.allows(kind)) {
                throw new IllegalArgumentException(
                        "--retriever must be exact or hnsw in mode %s (got %s)"
                                .formatted(mode.wireName(), kind.wireName()));
            }
        }
        return named;
    }
}
