package io.ralmspec.job.cli;

import io.ralmspec.knowledge.BuildReport;
import io.ralmspec.knowledge.DatastoreBuilder;
import io.ralmspec.knowledge.DatastoreSettings;
import io.ralmspec.knowledge.VectorType;
import io.ralmspec.model.Device;
import io.ralmspec.model.ModelOptions;
import io.ralmspec.model.OnnxKeyedLanguageModel;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Builds a KNN-LM datastore from a corpus. */
@Command(
        name = "datastore",
        mixinStandardHelpOptions = true,
        description = {
            "Builds a KNN-LM datastore from TSV (id, text, title) or JSON lines, plain, .gz or"
                    + " .zst: one entry per token of the texts. Titles are not used.",
            "Started again after an interruption, it goes on where it stopped."
        })
final class DatastoreCommand implements Callable<Integer> {
    /** What the model keeps for one window, so that the next needs no new memory. */
    private static final long WINDOW_KV_BYTES = 256 << 20;

    @Spec private CommandSpec spec = CommandSpec.create();

    @Option(names = "--corpus", required = true, description = "The corpus file.")
    private Path corpus = Path.of("");

    @Option(
            names = "--model",
            required = true,
            defaultValue = DefaultModel.DIRECTORY,
            description = {
                DefaultModel.DESCRIPTION,
                "Only this model can use the datastore. Its graph must have the output that"
                        + " `ralmspec key-output` adds."
            })
    private Path model = Path.of("");

    @Option(names = "--output", required = true, description = "The directory to make.")
    private Path output = Path.of("");

    @Option(
            names = "--max-entries",
            defaultValue = "0",
            description = "Only so many entries, from the start; 0 is all.")
    private int maxEntries;

    @Option(
            names = "--key-type",
            paramLabel = "fp32|fp16",
            defaultValue = "fp32",
            description = "fp16 halves the keys and what an exact search reads (${DEFAULT-VALUE}).")
    private String keyType = "fp32";

    // Without a fallback, a flag that is on by default would be turned off by its own name.
    @Option(
            names = "--approximate",
            negatable = true,
            fallbackValue = "true",
            description =
                    "Also build a graph for approximate search, which holds the keys again in fp32"
                            + " (${DEFAULT-VALUE}).")
    private boolean approximate = true;

    @Option(
            names = "--threads",
            description = "Threads for the model and for linking the graph; all cores by default.")
    private int threads = Math.min(1024, Runtime.getRuntime().availableProcessors());

    @Option(
            names = "--window-tokens",
            defaultValue = "0",
            description = "Tokens that the model sees at once; 0 is all it can (${DEFAULT-VALUE}).")
    private int windowTokens;

    @Option(
            names = "--left-tokens",
            defaultValue = "-1",
            description =
                    "Of those, how many are only context of the others; more makes better keys and"
                            + " takes longer. -1 is a quarter (${DEFAULT-VALUE}).")
    private int leftTokens;

    @Option(
            names = "--max-bad-lines",
            defaultValue = "100",
            description = "Lines that may be skipped before the build fails (${DEFAULT-VALUE}).")
    private int maxBadLines;

    @Option(names = "--replace", description = "Replace a datastore that is already there.")
    private boolean replace;

    @Override
    public Integer call() throws IOException {
        DatastoreSettings settings =
                DatastoreSettings.of(corpus, output)
                        .withMaxEntries(maxEntries)
                        .withKeyType(VectorType.of(keyType))
                        .withApproximate(approximate)
                        .withThreads(threads)
                        .withWindow(new DatastoreSettings.Window(windowTokens, leftTokens))
                        .withMaxBadLines(maxBadLines)
                        .withReplace(replace);
        CommandLine commandLine = spec.commandLine();
        BuildReport report;
        ModelOptions options = new ModelOptions(threads, 0, 0, WINDOW_KV_BYTES, Device.CPU, 1);
        try (OnnxKeyedLanguageModel opened = OnnxKeyedLanguageModel.open(model, options);
                IndexProgress progress = new IndexProgress("entries", commandLine.getErr())) {
            report = new DatastoreBuilder(settings, opened.tokenizer(), opened, progress).build();
        }
        PrintWriter out = commandLine.getOut();
        out.printf(
                "%s holds %d entries for %s search (%d MB); %d lines skipped.%n",
                output,
                report.documents(),
                approximate ? "exact and approximate" : "exact",
                bytes() >> 20,
                report.skipped().size());
        out.printf(
                "Use it with: ralmspec serve --model %s --encoder ENCODER --index INDEX --datastore"
                        + " %s%n",
                model, output);
        out.flush();
        return 0;
    }

    private long bytes() throws IOException {
        try (Stream<Path> files = Files.walk(output)) {
            return files.filter(Files::isRegularFile)
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        }
    }
}
