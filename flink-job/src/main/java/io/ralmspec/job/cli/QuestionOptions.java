package io.ralmspec.job.cli;

import io.ralmspec.decoding.RetrieverKind;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** What the commands that hold policies against each other ask, and of which retrievers. */
final class QuestionOptions {
    @Option(
            names = "--questions",
            required = true,
            description = "JSON lines with `question` or `prompt`.")
    Path questions = Path.of("");

    @Option(
            names = "--retriever",
            split = ",",
            defaultValue = "exact,hnsw,bm25",
            description = "Retrievers to ask (${DEFAULT-VALUE}).")
    private List<String> retrievers = List.of();

    /**
     * Each once.
     *
     * @throws IllegalArgumentException naming one that is unknown
     */
    List<RetrieverKind> retrievers() {
        return retrievers.stream().map(Retrievers::parse).distinct().toList();
    }
}
