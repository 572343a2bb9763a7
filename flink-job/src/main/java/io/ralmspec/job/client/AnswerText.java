package io.ralmspec.job.client;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.Counters;
import io.ralmspec.decoding.Source;
import java.util.ArrayList;
import java.util.List;

/** What is behind an answer, to be read. */
public final class AnswerText {
    private AnswerText() {}

    /** One line per run of tokens with the same document. */
    public static String sources(Answer answer) {
        List<Source> runs = new ArrayList<>();
        for (Source source : answer.sources()) {
            Source last = runs.isEmpty() ? null : runs.getLast();
            if (last != null && last.documentId().equals(source.documentId())) {
                runs.set(
                        runs.size() - 1,
                        new Source(
                                last.documentId(),
                                last.title(),
                                last.score(),
                                last.fromToken(),
                                source.toToken()));
            } else {
                runs.add(source);
            }
        }
        StringBuilder text = new StringBuilder("Sources:");
        for (Source run : runs) {
            text.append(
                    "%n  tokens %3d-%-3d %s (%s)"
                            .formatted(
                                    run.fromToken(),
                                    run.toToken() - 1,
                                    run.title(),
                                    run.documentId()));
        }
        return runs.isEmpty() ? "Sources: none" : text.toString();
    }

    /** One line: tokens, seconds, and what they took. */
    public static String cost(Answer answer) {
        Counters counters = answer.counters();
        return ("%d tokens in %.2f s; %d knowledge base calls, %d model steps, %d of %d guesses"
                        + " right, %d tokens rolled back, %d recovered")
                .formatted(
                        answer.tokens().length,
                        answer.timings().total(),
                        counters.retrievalCalls(),
                        counters.modelSteps(),
                        counters.accepted(),
                        counters.guesses(),
                        counters.rolledBackTokens(),
                        counters.recoveredTokens());
    }
}
