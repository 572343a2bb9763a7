package io.ralmspec.job.cli;

import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.RequestDefaults;
import io.ralmspec.decoding.RetrievalParameters;
import io.ralmspec.job.JobSettings;
import io.ralmspec.job.bench.BenchPolicy;
import io.ralmspec.job.client.Question;
import io.ralmspec.job.client.RalmClient;
import io.ralmspec.job.load.LoadPlan;
import io.ralmspec.job.load.LoadReport;
import io.ralmspec.job.load.LoadRequests;
import io.ralmspec.job.load.LoadRun;
import io.ralmspec.job.local.LocalService;
import io.ralmspec.job.local.Ports;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.flink.configuration.Configuration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Puts a job under an open-loop load and measures latency. */
@Command(
        name = "load",
        mixinStandardHelpOptions = true,
        description = {
            "Sends requests through Kafka at a given rate, as a Poisson process, whether or not"
                + " earlier ones are answered, and reports latency and time to first token. Each"
                + " policy gets the same arrivals, questions and seeds.",
            "Exits with 0 if and only if all policies were answered, and all their answers are"
                    + " equal."
        })
final class LoadCommand implements Callable<Integer> {
    private static final int UI_PORT = 8081;

    @Spec private CommandSpec spec = CommandSpec.create();

    @Mixin private LoadServiceOptions service = new LoadServiceOptions();

    @Mixin private LoadRateOptions rate = new LoadRateOptions();

    @Mixin private RetrievalOptions retrieval = new RetrievalOptions();

    @Mixin private KnnOptions knn = new KnnOptions();

    @Option(
            names = "--questions",
            required = true,
            description = "JSON lines with `question` or `prompt`, asked in turn.")
    private Path questions = Path.of("");

    @Option(
            names = "--retriever",
            defaultValue = "exact",
            description = "exact, hnsw or bm25 (${DEFAULT-VALUE}).")
    private String retriever = "";

    @Option(
            names = "--mode",
            paramLabel = "speculative|knn-lm",
            defaultValue = "speculative",
            description = "What policies other than baseline speculate on (${DEFAULT-VALUE}).")
    private String mode = "";

    @Option(
            names = "--policies",
            defaultValue = "baseline,default",
            description =
                    "One after the other, under names as in `ralmspec bench`; the others are held"
                            + " against the first (${DEFAULT-VALUE}).")
    private String policies = "";

    @Option(
            names = "--max-tokens",
            defaultValue = "64",
            description = "Tokens to generate per answer (${DEFAULT-VALUE}).")
    private int maxTokens;

    @Option(
            names = "--temperature",
            defaultValue = "0",
            description = "0 is greedy; else request i draws with --seed + i (${DEFAULT-VALUE}).")
    private double temperature;

    @Option(
            names = "--seed",
            defaultValue = "1",
            description = "Of arrivals and draws (${DEFAULT-VALUE}).")
    private long seed;

    // Without a fallback, a flag that is on by default would be turned off by its own name.
    @Option(
            names = "--stream",
            negatable = true,
            defaultValue = "true",
            fallbackValue = "true",
            description =
                    "Stream the answers and time the first text here; else the time to first token"
                            + " follows from the answers' own timings (${DEFAULT-VALUE}).")
    private boolean stream;

    @Option(
            names = "--warmup",
            defaultValue = "8",
            description = "Requests before each policy that do not count (${DEFAULT-VALUE}).")
    private int warmup;

    @Option(
            names = "--concurrency",
            defaultValue = "16",
            description =
                    "Requests at a time to warm up and to measure capacity (${DEFAULT-VALUE}).")
    private int concurrency;

    @Option(
            names = "--max-outstanding",
            defaultValue = "1000",
            description =
                    "Requests without answer at most; one more is refused and counted, not sent"
                            + " later (${DEFAULT-VALUE}).")
    private int maxOutstanding;

    @Option(
            names = "--timeout",
            defaultValue = "120",
            description =
                    "Seconds from intended arrival to giving up and cancelling"
                            + " (${DEFAULT-VALUE}).")
    private int timeoutSeconds;

    @Option(
            names = "--limit",
            defaultValue = "10000",
            description = "Questions to read, from the start of the file (${DEFAULT-VALUE}).")
    private int limit;

    @Option(names = "--out", description = "Write load.jsonl and load.json to this directory.")
    private @Nullable Path out;

    @Override
    public Integer call() throws Exception {
        LoadPlan plan = plan();
        LoadReport report = service.startsService() ? startAndRun(plan) : ask(plan);
        System.out.print(report.table());
        System.out.print(report.notes());
        if (out != null) {
            report.write(out, RunFacts.of(spec));
        }
        System.out.println(verdict(report));
        return report.good() ? 0 : 1;
    }

    private LoadReport startAndRun(LoadPlan plan) throws Exception {
        try (LocalService running = service.start(0, Ports.freeOr(UI_PORT));
                RalmClient client = new RalmClient(running.clients(), running.topics())) {
            return LoadRun.of(plan, client, System.err::println).run();
        }
    }

    private LoadReport ask(LoadPlan plan) {
        Configuration options = service.clients();
        try (RalmClient client =
                new RalmClient(JobSettings.clients(options), JobSettings.topics(options))) {
            return LoadRun.of(plan, client, System.err::println).run();
        }
    }

    private LoadPlan plan() throws Exception {
        DecodingMode decoding = Modes.parse(mode, DecodingMode::speculative);
        RetrievalParameters parameters =
                retrieval
                        .with(
                                Retrievers.parse(retriever),
                                decoding,
                                RequestDefaults.STANDARD.retrieval().speculation())
                        .with(knn.parameters());
        if (limit < 1) {
            throw new IllegalArgumentException("--limit must be >= 1 (got %d)".formatted(limit));
        }
        List<String> prompts =
                Question.read(questions, limit).stream().map(Question::prompt).toList();
        return new LoadPlan(
                BenchPolicy.parseNamed(policies),
                new LoadRequests(prompts, maxTokens, parameters, temperature, seed, stream),
                rate.arrivals(),
                warmup,
                concurrency,
                maxOutstanding,
                Duration.ofSeconds(timeoutSeconds));
    }

    private static String verdict(LoadReport report) {
        if (report.different() > 0) {
            return "%d ANSWERS DIFFER.".formatted(report.different());
        }
        return report.good()
                ? "All answers that can be compared are equal, token for token."
                : "A POLICY HAS NO ANSWER THAT CAN BE COMPARED.";
    }
}
