package io.ralmspec.kafka;

import com.fasterxml.jackson.databind.JsonNode;
import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.Counters;
import io.ralmspec.decoding.ErrorCode;
import io.ralmspec.decoding.FinishReason;
import io.ralmspec.decoding.RequestError;
import io.ralmspec.decoding.Source;
import io.ralmspec.decoding.Timings;
import java.util.ArrayList;
import java.util.List;

/** Reads what {@link AnswerSerializer} wrote; ignores fields it does not know. */
public final class AnswerReader {
    private AnswerReader() {}

    /**
     * Times are rounded to microseconds; a score that was not finite comes back as negative
     * infinity.
     *
     * @throws IllegalArgumentException if this is no answer
     */
    public static Answer read(byte[] value) {
        JsonFields answer = JsonFields.of(value);
        return new Answer(
                answer.text("id"),
                answer.text("text"),
                tokens(answer.array("token_ids")),
                answer.name("finish_reason", FinishReason.class),
                answer.object("usage").integer("prompt_tokens"),
                sources(answer.array("sources")),
                counters(answer.object("speculation")),
                timings(answer.object("timings_ms")),
                answer.has("error") ? error(answer.object("error")) : null);
    }

    private static int[] tokens(JsonNode array) {
        int[] tokens = new int[array.size()];
        for (int i = 0; i < tokens.length; i++) {
            if (!array.get(i).isInt()) {
                throw new IllegalArgumentException(
                        "`token_ids[%d]` must be an integer".formatted(i));
            }
            tokens[i] = array.get(i).intValue();
        }
        return tokens;
    }

    private static List<Source> sources(JsonNode array) {
        List<Source> sources = new ArrayList<>();
        for (int i = 0; i < array.size(); i++) {
            var source = new JsonFields(array.get(i), "sources[%d].".formatted(i));
            sources.add(
                    new Source(
                            source.text("document_id"),
                            source.text("title"),
                            source.has("score")
                                    ? source.shortNumber("score")
                                    : Float.NEGATIVE_INFINITY,
                            source.integer("from_token"),
                            source.integer("to_token")));
        }
        return sources;
    }

    private static Counters counters(JsonFields speculation) {
        return new Counters(
                speculation.integer("rounds"),
                speculation.integer("guesses"),
                speculation.integer("accepted"),
                speculation.integer("rolled_back_tokens"),
                speculation.integer("redrafted_steps"),
                speculation.integer("unchanged_steps"),
                speculation.integer("recovered_tokens"),
                speculation.integer("cancelled_steps"),
                speculation.integer("retrieval_calls"),
                speculation.integer("retrieval_queries"),
                speculation.integer("model_steps"));
    }

    private static Timings timings(JsonFields millis) {
        return new Timings(
                millis.number("queue") / 1e3,
                millis.number("first_token") / 1e3,
                millis.number("retrieval") / 1e3,
                millis.number("generation") / 1e3,
                millis.number("total") / 1e3);
    }

    private static RequestError error(JsonFields error) {
        return new RequestError(
                error.name("code", ErrorCode.class), error.text("field"), error.text("message"));
    }
}
