package io.ralmspec.job.cli;

import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.knowledge.BuildReport;
import io.ralmspec.knowledge.IndexBuilder;
import io.ralmspec.knowledge.IndexSettings;
import io.ralmspec.model.OnnxEncoder;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Builds a knowledge base from a corpus. */
@Command(
        name = "index",
        mixinStandardHelpOptions = true,
        description = {
            "Builds a knowledge base from TSV (id, text, title) or JSON lines, plain, .gz or .zst.",
            "Started again after an interruption, it goes on where it stopped."
        })
final class IndexCommand implements Callable<Integer> {
    @Option(names = "--corpus", required = true, description = "The corpus file.")
    private Path corpus = Path.of("");

    @Option(names = "--output", required = true, description = "The directory to make.")
    private Path output = Path.of("");

    @Option(names = "--encoder", description = "Encoder directory; not needed for bm25 alone.")
    private @Nullable Path encoder;

    @Option(
            names = "--retriever",
            split = ",",
            defaultValue = "exact,hnsw,bm25",
            description = "What to build (${DEFAULT-VALUE}).")
    private List<String> retrievers = List.of();

    @Option(
            names = "--limit",
            defaultValue = "0",
            description = "Only so many documents, from the start; 0 is all.")
    private int limit;

    @Option(
            names = "--threads",
            description = "Threads for encoding and for linking the graph; all cores by default.")
    private int threads = Runtime.getRuntime().availableProcessors();

    @Option(
            names = "--max-bad-lines",
            defaultValue = "100",
            description = "Lines that may be skipped before the build fails (${DEFAULT-VALUE}).")
    private int maxBadLines;

    @Option(names = "--replace", description = "Replace an index that is already there.")
    private boolean replace;

    @Override
    public Integer call() throws Exception {
        Set<RetrieverKind> kinds = EnumSet.noneOf(RetrieverKind.class);
        retrievers.forEach(name -> kinds.add(Retrievers.parse(name)));
        IndexSettings settings =
                IndexSettings.of(corpus, output)
                        .withRetrievers(kinds)
                        .withLimit(limit)
                        .withThreads(threads)
                        .withMaxBadLines(maxBadLines)
                        .withReplace(replace);
        boolean dense = kinds.stream().anyMatch(RetrieverKind::dense);
        if (dense && encoder == null) {
            throw new IllegalArgumentException(
                    "--encoder must be given for exact and hnsw (got none)");
        }
        BuildReport report;
        try (IndexProgress progress = new IndexProgress()) {
            if (dense && encoder != null) {
                try (OnnxEncoder open = OnnxEncoder.open(encoder, threads)) {
                    report = new IndexBuilder(settings, open, progress).build();
                }
            } else {
                report = new IndexBuilder(settings, null, progress).build();
            }
        }
        System.out.printf(
                "%s holds %d documents for %s; %d lines skipped.%n",
                output, report.documents(), String.join(", ", retrievers), report.skipped().size());
        return 0;
    }
}
