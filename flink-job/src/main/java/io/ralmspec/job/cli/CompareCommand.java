package io.ralmspec.job.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.Delta;
import io.ralmspec.decoding.RequestError;
import io.ralmspec.decoding.RetrievalParameters;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.job.client.Comparison;
import io.ralmspec.job.client.ComparisonReport;
import io.ralmspec.job.client.ComparisonRow;
import io.ralmspec.job.client.Question;
import io.ralmspec.job.client.RalmClient;
import io.ralmspec.job.local.LocalService;
import io.ralmspec.job.local.Ports;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Asks the same questions in a speculative mode and its baseline, and compares answers and cost.
 */
@Command(
        name = "compare",
        mixinStandardHelpOptions = true,
        description = {
            "Asks every question in a speculative mode and its baseline through the real job and"
                    + " Kafka, and compares the answers token for token.",
            "Exits with 0 if and only if all of them are equal."
        })
final class CompareCommand implements Callable<Integer> {
    private static final int UI_PORT = 8081;

    @Mixin private ServiceOptions service = new ServiceOptions();

    @Mixin private QuestionOptions questions = new QuestionOptions();

    @Option(
            names = "--mode",
            defaultValue = "speculative",
            description =
                    "What to compare with its baseline: speculative or knn-lm, which needs"
                            + " --datastore (${DEFAULT-VALUE}).")
    private String mode = "";

    @Option(
            names = "--limit",
            defaultValue = "50",
            description = "Questions to ask, from the start of the file (${DEFAULT-VALUE}).")
    private int limit;

    @Option(
            names = "--max-tokens",
            defaultValue = "64",
            description = "Tokens to generate per answer (${DEFAULT-VALUE}).")
    private int maxTokens;

    @Mixin private PolicyOptions policy = new PolicyOptions();

    @Option(names = "--report", description = "Also write the result as JSON.")
    private @Nullable Path report;

    @Override
    public Integer call() throws Exception {
        DecodingMode decoding = Modes.parse(mode, DecodingMode::speculative);
        List<RetrieverKind> kinds = questions.retrievers(decoding);
        List<Question> asked = Question.read(questions.questions, limit);
        RetrievalParameters retrieval = policy.retrieval(RetrieverKind.EXACT, decoding);
        List<ComparisonRow> rows;
        try (LocalService running = service.start(0, Ports.freeOr(UI_PORT));
                RalmClient client = new RalmClient(running.clients(), running.topics());
                ProgressBar bar =
                        new ProgressBarBuilder()
                                .setTaskName("Comparing")
                                .setInitialMax((long) kinds.size() * asked.size())
                                .setStyle(ProgressBarStyle.ASCII)
                                .build()) {
            rows =
                    new Comparison(
                                    client,
                                    maxTokens,
                                    retrieval,
                                    false,
                                    Duration.ofMinutes(5),
                                    new Progress(bar))
                            .run(kinds, asked);
        }
        System.out.print(ComparisonReport.table(rows));
        if (report != null) {
            ObjectNode about = JsonNodeFactory.instance.objectNode();
            about.put("questions", asked.size());
            about.put("max_tokens", maxTokens);
            ComparisonReport.describe(retrieval, about);
            ComparisonReport.write(report, rows, about);
        }
        boolean equal = rows.stream().allMatch(ComparisonRow::allEqual);
        System.out.println(
                equal ? "All answers are equal, token for token." : "SOME ANSWERS DIFFER.");
        return equal ? 0 : 1;
    }

    /** Moves the bar; differences and errors are named at once. */
    private record Progress(ProgressBar bar) implements Comparison.Listener {
        @Override
        public void asking(RetrieverKind retriever, DecodingMode mode, Question question) {
            bar.setExtraMessage(retriever.wireName());
        }

        @Override
        public void delta(Delta delta) {}

        @Override
        public void answered(
                RetrieverKind retriever, DecodingMode mode, Question question, Answer answer) {
            RequestError error = answer.error();
            if (error != null) {
                System.err.printf(
                        "%n%s %s: %s%n", question.id(), error.code().wireName(), error.message());
            }
        }

        @Override
        public void compared(RetrieverKind retriever, Question question, boolean equal) {
            if (!equal) {
                System.err.printf(
                        "%nquestion %s: %s answers differ%n", question.id(), retriever.wireName());
            }
            bar.step();
        }
    }
}
