package io.ralmspec.kafka;

import io.ralmspec.decoding.Delta;
import io.ralmspec.decoding.DeltaRecord;
import java.io.Serializable;

/**
 * Deltas as JSON, keyed by request id, so that a request's deltas stay in order, with the request's
 * headers. Stateless and thread-safe.
 */
public final class DeltaSerializer implements Serializable {
    private static final long serialVersionUID = 1;

    public OutputRecord serialize(DeltaRecord record) {
        Delta delta = record.delta();
        byte[] value =
                Json.write(
                        json -> {
                            json.writeStartObject();
                            json.writeStringField("id", delta.id());
                            json.writeNumberField("sequence", delta.sequence());
                            json.writeStringField("text", delta.text());
                            json.writeBooleanField("last", delta.last());
                            json.writeEndObject();
                        });
        return HeaderList.ofReply(record.origin()).record(Json.utf8(delta.id()), value);
    }
}
