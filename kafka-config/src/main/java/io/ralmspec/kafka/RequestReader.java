package io.ralmspec.kafka;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.ErrorCode;
import io.ralmspec.decoding.RequestDefaults;
import io.ralmspec.decoding.RequestError;
import io.ralmspec.decoding.RequestLimits;
import io.ralmspec.decoding.Sampling;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads one request in one pass. The first error is kept and reading goes on, because the id that
 * is to get the error answer may come last.
 */
final class RequestReader {
    private static final Interval TEMPERATURE = new Interval(0, true, 2, true);
    private static final Interval TOP_P = new Interval(0, false, 1, true);

    private final JsonParser json;
    private final RequestLimits limits;
    private final FieldReader fields;
    private final RetrievalReader retrieval;

    private @Nullable RequestError notARequest;
    private @Nullable String id;
    private @Nullable String prompt;
    private int maxTokens;
    private final List<String> stop = new ArrayList<>();
    private double temperature = Sampling.GREEDY.temperature();
    private double topP = Sampling.GREEDY.topP();
    private long seed = Sampling.GREEDY.seed();
    private boolean stream;
    private long deadlineMillis;

    RequestReader(JsonParser json, RequestLimits limits, RequestDefaults defaults) {
        this.json = json;
        this.limits = limits;
        this.fields = new FieldReader(json);
        this.retrieval = new RetrievalReader(json, fields, limits, defaults.retrieval());
        this.maxTokens = defaults.maxTokens();
    }

    /**
     * Reads to the end of the input.
     *
     * @throws JsonParseException if the input is not exactly one JSON value
     */
    void read() throws IOException {
        JsonToken first = json.nextToken();
        if (first == null) {
            throw new JsonParseException(json, "empty");
        }
        if (first != JsonToken.START_OBJECT) {
            notARequest =
                    new RequestError(
                            ErrorCode.INVALID_JSON,
                            "",
                            "`request` must be a JSON object (got %s)"
                                    .formatted(Shown.value(json)));
            return;
        }
        object("");
        if (json.nextToken() != null) {
            throw new JsonParseException(json, "more than one value");
        }
        for (String field : List.of("id", "prompt")) {
            if (!fields.saw(field)) {
                fields.fail(ErrorCode.MISSING_FIELD, field, "a string (got nothing)");
            }
        }
        retrieval.check();
    }

    /** Why nobody can be answered, or null. */
    @Nullable RequestError idError() {
        return notARequest != null ? notARequest : fields.idError();
    }

    /** The first other error, or null. */
    @Nullable RequestError error() {
        return fields.error();
    }

    /** Only without {@link #idError}. */
    String id() {
        return Objects.requireNonNull(id);
    }

    /** Only without any error. */
    DecodingRequest toRequest() {
        return new DecodingRequest(
                id(),
                Objects.requireNonNull(prompt),
                maxTokens,
                stop,
                new Sampling(temperature, topP, seed),
                retrieval.toParameters(),
                stream,
                deadlineMillis);
    }

    /** Reads the members of the object that starts here; {@code path} ends with a dot or is "". */
    private void object(String path) throws IOException {
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String name = json.currentName();
            json.nextToken();
            // A dot in a name must not pass for a step in a path.
            if (name.indexOf('.') >= 0) {
                json.skipChildren();
            } else {
                field(path + name);
            }
        }
    }

    private void field(String field) throws IOException {
        switch (field) {
            case "id" -> id = fields.text(field, ErrorCode.INVALID_FIELD, limits.maxIdCharacters());
            case "prompt" ->
                    prompt =
                            fields.text(
                                    field, ErrorCode.PROMPT_TOO_LONG, limits.maxPromptCharacters());
            case "max_tokens" ->
                    maxTokens = fields.integer(field, 1, limits.maxTokens(), maxTokens);
            case "stop" -> stop(field);
            case "temperature" -> temperature = fields.number(field, TEMPERATURE, temperature);
            case "top_p" -> topP = fields.number(field, TOP_P, topP);
            case "seed" -> seed = fields.integer(field, Long.MIN_VALUE, Long.MAX_VALUE, seed);
            case "stream" -> stream = fields.bool(field, stream);
            case "deadline_ms" ->
                    deadlineMillis =
                            fields.integer(field, 1, limits.maxDeadlineMillis(), deadlineMillis);
            case "retrieval", "retrieval.speculation", "retrieval.knn" -> {
                if (fields.object(field)) {
                    object(field + ".");
                }
            }
            default -> {
                if (UnsupportedFields.NEUTRAL.containsKey(field)) {
                    fields.unsupported(field);
                } else if (!retrieval.read(field)) {
                    json.skipChildren();
                }
            }
        }
    }

    private void stop(String field) throws IOException {
        if (fields.absent(field)) {
            return;
        }
        if (json.currentToken() == JsonToken.VALUE_STRING) {
            addStop(field);
            return;
        }
        if (json.currentToken() != JsonToken.START_ARRAY) {
            fields.wrongType(field, "a string or an array of strings");
            return;
        }
        int count = 0;
        while (json.nextToken() != JsonToken.END_ARRAY) {
            if (count < limits.maxStop()) {
                addStop("%s[%d]".formatted(field, count));
            } else {
                json.skipChildren();
            }
            count++;
        }
        if (count > limits.maxStop()) {
            fields.invalid(field, "<= %d texts (got %d)".formatted(limits.maxStop(), count));
        }
    }

    private void addStop(String field) throws IOException {
        String text = fields.element(field, ErrorCode.INVALID_FIELD, limits.maxStopCharacters());
        if (text != null) {
            stop.add(text);
        }
    }
}
