package io.ralmspec.job.client;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.Delta;
import io.ralmspec.decoding.RetrievalParameters;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.Sampling;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeoutException;

/**
 * Asks the same questions in both modes of decoding, one after the other, and checks that every
 * answer is the same to the token. Which mode goes first alternates, as the second finds documents
 * that the first has left in the model's memory.
 */
public final class Comparison {
    /** Sees what happens, to show it. */
    public interface Listener {
        void asking(RetrieverKind retriever, DecodingMode mode, Question question);

        void delta(Delta delta);

        void answered(RetrieverKind retriever, DecodingMode mode, Question question, Answer answer);

        /** Both modes have answered. */
        void compared(RetrieverKind retriever, Question question, boolean equal);
    }

    private final RalmClient client;
    private final int maxTokens;
    private final RetrievalParameters retrieval;
    private final boolean stream;
    private final Duration timeout;
    private final Listener listener;

    /**
     * @param retrieval of the requests in the speculative mode, which is compared with its
     *     baseline; the retriever is set for each
     * @param stream whether answers are streamed
     */
    public Comparison(
            RalmClient client,
            int maxTokens,
            RetrievalParameters retrieval,
            boolean stream,
            Duration timeout,
            Listener listener) {
        this.client = client;
        this.maxTokens = maxTokens;
        this.retrieval = retrieval;
        this.stream = stream;
        this.timeout = timeout;
        this.listener = listener;
    }

    /** One row per retriever and mode, baseline first. */
    public List<ComparisonRow> run(List<RetrieverKind> retrievers, List<Question> questions)
            throws InterruptedException {
        List<ComparisonRow> rows = new ArrayList<>();
        for (RetrieverKind retriever : retrievers) {
            // In this order: the ordinals of modes say nothing about it.
            Map<DecodingMode, ComparisonRow> row = new LinkedHashMap<>();
            for (DecodingMode mode : List.of(baseline(), retrieval.mode())) {
                row.put(mode, ComparisonRow.empty(retriever, mode));
            }
            for (int i = 0; i < questions.size(); i++) {
                compare(retriever, questions.get(i), i % 2 == 0, row);
            }
            rows.addAll(row.values());
        }
        return rows;
    }

    private void compare(
            RetrieverKind retriever,
            Question question,
            boolean baselineFirst,
            Map<DecodingMode, ComparisonRow> row)
            throws InterruptedException {
        List<DecodingMode> order =
                baselineFirst
                        ? List.of(baseline(), retrieval.mode())
                        : List.of(retrieval.mode(), baseline());
        Map<DecodingMode, Answer> answers = new EnumMap<>(DecodingMode.class);
        Map<DecodingMode, Double> seconds = new EnumMap<>(DecodingMode.class);
        for (DecodingMode mode : order) {
            listener.asking(retriever, mode, question);
            long start = System.nanoTime();
            try {
                Answer answer =
                        client.ask(request(retriever, mode, question), listener::delta, timeout);
                answers.put(mode, answer);
                listener.answered(retriever, mode, question, answer);
            } catch (TimeoutException e) {
                System.err.println(e.getMessage());
            }
            seconds.put(mode, (System.nanoTime() - start) / 1e9);
        }
        Answer baseline = answers.get(baseline());
        Answer speculative = answers.get(retrieval.mode());
        boolean equal = baseline != null && speculative != null && baseline.says(speculative);
        listener.compared(retriever, question, equal);
        row.replaceAll(
                (mode, soFar) ->
                        soFar.plus(answers.get(mode), equal, seconds.getOrDefault(mode, 0.0)));
    }

    private DecodingMode baseline() {
        return retrieval.mode().baseline();
    }

    private DecodingRequest request(RetrieverKind retriever, DecodingMode mode, Question question) {
        return new DecodingRequest(
                "%s-%s-%s-%s"
                        .formatted(
                                question.id(),
                                retriever.wireName(),
                                mode.wireName(),
                                UUID.randomUUID().toString().substring(0, 8)),
                question.prompt(),
                maxTokens,
                List.of(),
                Sampling.GREEDY,
                retrieval.with(retriever).with(mode),
                stream,
                0);
    }
}
