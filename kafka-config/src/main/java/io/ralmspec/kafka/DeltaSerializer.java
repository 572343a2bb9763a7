package io.ralmspec.kafka;

import io.ralmspec.decoding.Delta;
import io.ralmspec.decoding.DeltaRecord;
import java.io.Serializable;

/**
 * Deltas as JSON, keyed by request id, so that a request's deltas stay in order, with the request's
 * headers. Text beyond the bound is left out: its answer holds that text and more, so that is
 * replaced by an error answer anyway. Stateless and thread-safe.
 */
public final class DeltaSerializer implements Serializable {
    private static final long serialVersionUID = 1;

    private final int maxDeltaBytes;

    public DeltaSerializer() {
        this(AnswerSerializer.DEFAULT_MAX_ANSWER_BYTES);
    }

    /**
     * @param maxDeltaBytes largest value in bytes, that of an answer, at least {@link
     *     AnswerSerializer#MIN_MAX_ANSWER_BYTES}
     */
    public DeltaSerializer(int maxDeltaBytes) {
        if (maxDeltaBytes < AnswerSerializer.MIN_MAX_ANSWER_BYTES) {
            throw new IllegalArgumentException(
                    "`maxDeltaBytes` must be >= %d (got %d)"
                            .formatted(AnswerSerializer.MIN_MAX_ANSWER_BYTES, maxDeltaBytes));
        }
        this.maxDeltaBytes = maxDeltaBytes;
    }

    public OutputRecord serialize(DeltaRecord record) {
        Delta delta = record.delta();
        byte[] value = json(delta);
        if (value.length > maxDeltaBytes) {
            value = json(new Delta(delta.id(), delta.sequence(), "", delta.last()));
        }
        return HeaderList.ofReply(record.origin()).record(Json.utf8(delta.id()), value);
    }

    private static byte[] json(Delta delta) {
        return Json.write(
                json -> {
                    json.writeStartObject();
                    json.writeStringField("id", delta.id());
                    json.writeNumberField("sequence", delta.sequence());
                    json.writeStringField("text", delta.text());
                    json.writeBooleanField("last", delta.last());
                    json.writeEndObject();
                });
    }
}
