package io.ralmspec.job.cli;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.RequestError;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.Sampling;
import io.ralmspec.job.client.AnswerText;
import io.ralmspec.job.client.RalmClient;
import io.ralmspec.kafka.TopicPlan;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Sends one question to a running job and streams the answer. */
@Command(
        name = "ask",
        mixinStandardHelpOptions = true,
        description = "Sends a question, streams the answer, and shows the documents behind it.")
final class AskCommand implements Callable<Integer> {
    @Parameters(paramLabel = "QUESTION", description = "The prompt.")
    private String question = "";

    @Option(
            names = "--retriever",
            defaultValue = "exact",
            description = "exact, hnsw or bm25 (${DEFAULT-VALUE}).")
    private String retriever = "";

    @Option(
            names = "--mode",
            defaultValue = "speculative",
            description = "speculative, baseline, knn-lm or knn-lm-baseline (${DEFAULT-VALUE}).")
    private String mode = "";

    @Option(
            names = "--max-tokens",
            defaultValue = "64",
            description = "Tokens to generate at most (${DEFAULT-VALUE}).")
    private int maxTokens;

    @Option(
            names = "--timeout",
            defaultValue = "120",
            description = "Seconds to wait (${DEFAULT-VALUE}).")
    private int timeoutSeconds;

    @Mixin private PolicyOptions policy = new PolicyOptions();

    @Mixin private KafkaOptions kafka = new KafkaOptions();

    @Override
    public Integer call() throws Exception {
        RetrieverKind kind = Retrievers.parse(retriever);
        DecodingMode decoding = Modes.parse(mode, any -> true);
        DecodingRequest request =
                new DecodingRequest(
                        "ask-" + UUID.randomUUID(),
                        question,
                        maxTokens,
                        List.of(),
                        Sampling.GREEDY,
                        policy.retrieval(kind, decoding),
                        true,
                        0);
        try (RalmClient client = new RalmClient(kafka.settings(), TopicPlan.load())) {
            Answer answer =
                    client.ask(
                            request,
                            delta -> {
                                System.out.print(delta.text());
                                System.out.flush();
                            },
                            Duration.ofSeconds(timeoutSeconds));
            System.out.println();
            RequestError error = answer.error();
            if (error != null) {
                System.err.printf("ralmspec: %s: %s%n", error.code().wireName(), error.message());
                return 1;
            }
            System.out.println();
            if (!decoding.neighbours()) {
                System.out.println(AnswerText.sources(answer));
            }
            System.out.println(AnswerText.cost(answer));
            return 0;
        }
    }
}
