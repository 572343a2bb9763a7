package io.ralmspec.kafka;

import com.fasterxml.jackson.core.JsonGenerator;
import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.AnswerRecord;
import io.ralmspec.decoding.Counters;
import io.ralmspec.decoding.ErrorCode;
import io.ralmspec.decoding.FinishReason;
import io.ralmspec.decoding.RequestError;
import io.ralmspec.decoding.Source;
import io.ralmspec.decoding.Timings;
import java.io.IOException;
import java.io.Serializable;
import java.util.List;

/**
 * Answers as JSON, keyed by request id, with the request's headers. An answer beyond the bound
 * becomes an error answer: the producer would otherwise fail, and the job with it, again and again.
 * Stateless and thread-safe.
 */
public final class AnswerSerializer implements Serializable {
    /** What a topic's {@code max.message.bytes} must have beyond a value: key, headers, framing. */
    public static final int RECORD_BYTES = 32_780;

    /** Kafka's usual limit of a record, 1 MiB and 12 bytes, less {@link #RECORD_BYTES}. */
    public static final int DEFAULT_MAX_ANSWER_BYTES = 1_048_588 - RECORD_BYTES;

    /** Every error answer fits in this. */
    public static final int MIN_MAX_ANSWER_BYTES = 16_384;

    private static final long serialVersionUID = 1;

    private final int maxAnswerBytes;

    public AnswerSerializer() {
        this(DEFAULT_MAX_ANSWER_BYTES);
    }

    /**
     * @param maxAnswerBytes largest value in bytes, at least {@link #MIN_MAX_ANSWER_BYTES}
     */
    public AnswerSerializer(int maxAnswerBytes) {
        if (maxAnswerBytes < MIN_MAX_ANSWER_BYTES) {
            throw new IllegalArgumentException(
                    "`maxAnswerBytes` must be >= %d (got %d)"
                            .formatted(MIN_MAX_ANSWER_BYTES, maxAnswerBytes));
        }
        this.maxAnswerBytes = maxAnswerBytes;
    }

    public OutputRecord serialize(AnswerRecord record) {
        Answer answer = record.answer();
        byte[] value = json(answer);
        if (value.length > maxAnswerBytes) {
            value = json(tooLarge(answer, value.length));
        }
        return HeaderList.ofReply(record.origin()).record(Json.utf8(answer.id()), value);
    }

    /** The same answer without what is large, so that its cost is still known. */
    private Answer tooLarge(Answer answer, int bytes) {
        return new Answer(
                answer.id(),
                "",
                new int[0],
                FinishReason.ERROR,
                answer.promptTokens(),
                List.of(),
                answer.counters(),
                answer.timings(),
                new RequestError(
                        ErrorCode.ANSWER_TOO_LARGE,
                        "",
                        "`answer` must be <= %d bytes (got %d): ask for a smaller `max_tokens`"
                                .formatted(maxAnswerBytes, bytes)));
    }

    private static byte[] json(Answer answer) {
        return Json.write(
                json -> {
                    json.writeStartObject();
                    json.writeStringField("id", answer.id());
                    json.writeStringField("text", answer.text());
                    json.writeStringField("finish_reason", answer.finishReason().wireName());
                    json.writeFieldName("token_ids");
                    json.writeArray(answer.tokens(), 0, answer.tokens().length);
                    json.writeObjectFieldStart("usage");
                    json.writeNumberField("prompt_tokens", answer.promptTokens());
                    json.writeNumberField("completion_tokens", answer.tokens().length);
                    json.writeEndObject();
                    json.writeArrayFieldStart("sources");
                    for (Source source : answer.sources()) {
                        write(json, source);
                    }
                    json.writeEndArray();
                    write(json, answer.counters());
                    write(json, answer.timings());
                    RequestError error = answer.error();
                    if (error != null) {
                        write(json, error);
                    }
                    json.writeEndObject();
                });
    }

    private static void write(JsonGenerator json, Source source) throws IOException {
        json.writeStartObject();
        json.writeStringField("document_id", source.documentId());
        json.writeStringField("title", source.title());
        if (Float.isFinite(source.score())) {
            json.writeNumberField("score", source.score());
        }
        json.writeNumberField("from_token", source.fromToken());
        json.writeNumberField("to_token", source.toToken());
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, Counters counters) throws IOException {
        json.writeObjectFieldStart("speculation");
        json.writeNumberField("rounds", counters.rounds());
        json.writeNumberField("guesses", counters.guesses());
        json.writeNumberField("accepted", counters.accepted());
        json.writeNumberField("rolled_back_tokens", counters.rolledBackTokens());
        json.writeNumberField("redrafted_steps", counters.redraftedSteps());
        json.writeNumberField("unchanged_steps", counters.unchangedSteps());
        json.writeNumberField("recovered_tokens", counters.recoveredTokens());
        json.writeNumberField("cancelled_steps", counters.cancelledSteps());
        json.writeNumberField("retrieval_calls", counters.retrievalCalls());
        json.writeNumberField("retrieval_queries", counters.retrievalQueries());
        json.writeNumberField("model_steps", counters.modelSteps());
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, Timings timings) throws IOException {
        json.writeObjectFieldStart("timings_ms");
        json.writeNumberField("queue", millis(timings.queue()));
        json.writeNumberField("first_token", millis(timings.firstToken()));
        json.writeNumberField("retrieval", millis(timings.retrieval()));
        json.writeNumberField("generation", millis(timings.generation()));
        json.writeNumberField("total", millis(timings.total()));
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, RequestError error) throws IOException {
        json.writeObjectFieldStart("error");
        json.writeStringField("code", error.code().wireName());
        json.writeStringField("field", error.field());
        json.writeStringField("message", Shown.message(error));
        json.writeEndObject();
    }

    /** Rounded to microseconds; a clock that went backwards gives 0. */
    private static double millis(double seconds) {
        return Math.max(0, Math.round(seconds * 1e6)) / 1e3;
    }
}
