package io.ralmspec.job.cli;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.RequestDefaults;
import io.ralmspec.decoding.RequestError;
import io.ralmspec.decoding.RetrievalParameters;
import io.ralmspec.decoding.Sampling;
import io.ralmspec.job.JobOptions;
import io.ralmspec.job.bench.Bench;
import io.ralmspec.job.bench.BenchEngines;
import io.ralmspec.job.bench.BenchPlan;
import io.ralmspec.job.bench.BenchReport;
import io.ralmspec.job.client.GoldPhrases;
import io.ralmspec.job.client.Question;
import io.ralmspec.job.local.Ports;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.apache.flink.configuration.ConfigOption;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Measures speculation against plain decoding. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        description = {
            "Decodes the same questions plainly and with each policy, interleaved in one process,"
                    + " and compares time, cost and answers.",
            "Exits with 0 if and only if all answers are equal."
        })
final class BenchCommand implements Callable<Integer> {
    private static final int UI_PORT = 8081;
    private static final RetrievalParameters DEFAULTS = RequestDefaults.STANDARD.retrieval();

    @Spec private CommandSpec spec = CommandSpec.create();

    @Mixin private BenchServiceOptions service = new BenchServiceOptions();

    @Mixin private BenchModeOptions mode = new BenchModeOptions();

    @Mixin private QuestionOptions questions = new QuestionOptions();

    @Mixin private RetrievalOptions retrieval = new RetrievalOptions();

    @Option(
            names = "--requests",
            defaultValue = "50",
            description = "Requests that count, per cell (${DEFAULT-VALUE}).")
    private int requests;

    @Option(
            names = "--warmup",
            defaultValue = "4",
            description = "Requests before them that do not (${DEFAULT-VALUE}).")
    private int warmup;

    @Option(
            names = "--concurrency",
            defaultValue = "1",
            split = ",",
            description =
                    "Requests at a time, one number or several to compare (${DEFAULT-VALUE}).")
    private List<Integer> concurrency = new ArrayList<>();

    @Option(
            names = "--engine",
            defaultValue = "library",
            description =
                    "library (no Flink), flink (the job and Kafka), both, in turn, or merging (the"
                            + " library, and the same with a search for each request's call)"
                            + " (${DEFAULT-VALUE}).")
    private String engine = "";

    @Option(
            names = "--max-tokens",
            defaultValue = "128",
            description = "Tokens to generate per answer (${DEFAULT-VALUE}).")
    private int maxTokens;

    @Option(names = "--max-stride", description = "Steps per verification at most.")
    private @Nullable Integer maxStride;

    @Option(names = "--gamma-max", description = "Largest probability that OS3 believes.")
    private @Nullable Double gammaMax;

    @Option(names = "--window", description = "Verifications that OS3 looks back on.")
    private @Nullable Integer window;

    @Option(
            names = "--pad-vectors",
            defaultValue = "0",
            description =
                    "Random vectors that each exact search scans besides, so that it costs what a"
                            + " large knowledge base costs (${DEFAULT-VALUE}).")
    private long padVectors;

    @Option(
            names = "--paper-costs",
            paramLabel = "gpt2|llama-7b",
            description =
                    "Compute time from the paper's seconds per step and call instead of measuring"
                            + " it; tokens and documents stay real.")
    private @Nullable String paperCosts;

    @Option(
            names = "--out",
            description = "Write bench.jsonl, bench.json and speedup.svg to this directory.")
    private @Nullable Path out;

    @Override
    public Integer call() throws Exception {
        List<BenchPlan> plans = new ArrayList<>();
        for (int each : concurrency) {
            plans.add(plan(each));
        }
        BenchReport report = BenchReport.EMPTY;
        try (BenchEngines engines = engines();
                ProgressBar bar =
                        new ProgressBarBuilder()
                                .setTaskName("Measuring")
                                .setStyle(ProgressBarStyle.ASCII)
                                .build()) {
            List<Bench> benches =
                    plans.stream()
                            .map(plan -> new Bench(engines, plan, (w, a) -> ran(bar, w, a)))
                            .toList();
            bar.maxHint(benches.stream().mapToInt(Bench::steps).sum());
            for (Bench bench : benches) {
                report = report.and(bench.run());
            }
        }
        System.out.print(report.table());
        System.out.print(report.notes());
        if (out != null) {
            report.write(out, RunFacts.of(spec));
        }
        System.out.println(
                report.allEqual()
                        ? "All answers are equal, token for token."
                        : "SOME ANSWERS DIFFER.");
        return report.allEqual() ? 0 : 1;
    }

    /** Moves the bar; errors are named at once. */
    private static void ran(ProgressBar bar, String what, List<Answer> answers) {
        for (Answer answer : answers) {
            RequestError error = answer.error();
            if (error != null) {
                System.err.printf(
                        "%n%s %s: %s%n", answer.id(), error.code().wireName(), error.message());
            }
        }
        bar.setExtraMessage(what);
        bar.step();
    }

    private BenchPlan plan(int atATime) throws IOException {
        atLeast("--requests", 1, requests);
        atLeast("--warmup", 0, warmup);
        List<Question> asked = Question.read(questions.questions, warmup + requests);
        if (asked.size() < warmup + requests) {
            throw new IllegalArgumentException(
                    "--questions must hold at least --warmup + --requests = %d (got %d)"
                            .formatted(warmup + requests, asked.size()));
        }
        RetrievalParameters parameters =
                retrieval.with(DEFAULTS.retriever(), mode.mode(), DEFAULTS.speculation());
        List<DecodingRequest> all = new ArrayList<>();
        Map<String, GoldPhrases> gold = new HashMap<>();
        for (Question question : asked) {
            // Those of the file need not differ.
            String id = "%d-q%d".formatted(atATime, all.size());
            gold.put(id, question.gold());
            all.add(
                    new DecodingRequest(
                            id,
                            question.prompt(),
                            maxTokens,
                            List.of(),
                            Sampling.GREEDY,
                            parameters,
                            false,
                            0));
        }
        return new BenchPlan(
                questions.retrievers(mode.mode()),
                mode.knn(),
                mode.policies(),
                all,
                warmup,
                atATime,
                gold);
    }

    private BenchEngines engines() throws Exception {
        Map<String, String> options = new HashMap<>(service.values());
        put(options, JobOptions.MAX_SPECULATION_STRIDE, maxStride);
        put(options, JobOptions.GAMMA_MAX, gammaMax);
        put(options, JobOptions.WINDOW, window);
        boolean neighbours = mode.mode().neighbours();
        if (neighbours && (paperCosts != null || padVectors != 0)) {
            throw new IllegalArgumentException(
                    "--mode knn-lm must come without --paper-costs and --pad-vectors: a datastore"
                            + " has neither");
        }
        BenchEngines.Kind kind = kind();
        if (neighbours && kind == BenchEngines.Kind.MERGING) {
            throw new IllegalArgumentException(
                    "--mode knn-lm must come without --engine merging (got both)");
        }
        if (!neighbours || kind != BenchEngines.Kind.LIBRARY) {
            service.requireIndex();
        }
        if (neighbours) {
            service.requireDatastore();
            return BenchEngines.neighbours(kind, options, Ports.freeOr(UI_PORT), service.files());
        }
        if (paperCosts != null) {
            if (!engine.equals("library") || padVectors != 0) {
                throw new IllegalArgumentException(
                        "--paper-costs must come without --engine and --pad-vectors: it measures"
                                + " nothing");
            }
            return BenchEngines.paper(paperCosts, options);
        }
        atLeast("--pad-vectors", 0, padVectors);
        return BenchEngines.open(kind, options, padVectors, Ports.freeOr(UI_PORT), service.files());
    }

    private BenchEngines.Kind kind() {
        return switch (engine) {
            case "library" -> BenchEngines.Kind.LIBRARY;
            case "flink" -> BenchEngines.Kind.FLINK;
            case "both" -> BenchEngines.Kind.BOTH;
            case "merging" -> BenchEngines.Kind.MERGING;
            default ->
                    throw new IllegalArgumentException(
                            "--engine must be library, flink, both or merging (got %s)"
                                    .formatted(engine));
        };
    }

    private static void put(
            Map<String, String> options, ConfigOption<?> option, @Nullable Object value) {
        if (value != null) {
            options.put(option.key(), value.toString());
        }
    }

    private static void atLeast(String name, long bound, long got) {
        if (got < bound) {
            throw new IllegalArgumentException(
                    "%s must be >= %d (got %d)".formatted(name, bound, got));
        }
    }
}
