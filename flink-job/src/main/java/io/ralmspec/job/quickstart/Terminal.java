package io.ralmspec.job.quickstart;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.Delta;
import io.ralmspec.decoding.RequestError;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.job.client.AnswerText;
import io.ralmspec.job.client.Comparison;
import io.ralmspec.job.client.Question;

/** Shows the speculative answers as they grow, and the documents behind them. */
final class Terminal implements Comparison.Listener {
    private DecodingMode mode = DecodingMode.BASELINE;

    @Override
    public void asking(RetrieverKind retriever, DecodingMode asked, Question question) {
        mode = asked;
        if (mode.speculative()) {
            System.out.printf("%n[%s] %s%n", retriever.wireName(), question.prompt());
        }
    }

    @Override
    public void delta(Delta delta) {
        if (mode.speculative()) {
            System.out.print(delta.text());
            System.out.flush();
        }
    }

    @Override
    public void answered(
            RetrieverKind retriever, DecodingMode asked, Question question, Answer answer) {
        RequestError error = answer.error();
        if (error != null) {
            System.out.printf("%n%s: %s%n", error.code().wireName(), error.message());
        } else if (asked.speculative()) {
            // Where a token's neighbours come from is not told.
            if (!asked.neighbours()) {
                System.out.printf("%n%s", AnswerText.sources(answer));
            }
            System.out.printf("%n%s%n", AnswerText.cost(answer));
        }
    }

    @Override
    public void compared(RetrieverKind retriever, Question question, boolean equal) {
        if (!equal) {
            System.out.printf(
                    "question %s: the %s answers DIFFER%n", question.id(), retriever.wireName());
        }
    }
}
