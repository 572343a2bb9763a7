package io.ralmspec.kafka;

import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.RetrievalParameters;
import io.ralmspec.decoding.Sampling;
import java.util.List;

/** Requests as their senders write them; {@link RequestParser} reads back the same request. */
public final class RequestWriter {
    private RequestWriter() {}

    /** The request as JSON, with every field given. */
    public static byte[] write(DecodingRequest request) {
        Sampling sampling = request.sampling();
        RetrievalParameters retrieval = request.retrieval();
        return Json.write(
                json -> {
                    json.writeStartObject();
                    json.writeStringField("id", request.id());
                    json.writeStringField("prompt", request.prompt());
                    json.writeNumberField("max_tokens", request.maxTokens());
                    json.writeArrayFieldStart("stop");
                    for (String text : request.stop()) {
                        json.writeString(text);
                    }
                    json.writeEndArray();
                    json.writeNumberField("temperature", sampling.temperature());
                    json.writeNumberField("top_p", sampling.topP());
                    json.writeNumberField("seed", sampling.seed());
                    json.writeBooleanField("stream", request.stream());
                    if (request.deadlineMillis() > 0) {
                        json.writeNumberField("deadline_ms", request.deadlineMillis());
                    }
                    json.writeObjectFieldStart("retrieval");
                    json.writeStringField("retriever", retrieval.retriever().wireName());
                    json.writeStringField("mode", WireNames.of(retrieval.mode()));
                    json.writeNumberField("stride", retrieval.stride());
                    json.writeNumberField("query_tokens", retrieval.queryTokens());
                    json.writeObjectFieldStart("speculation");
                    json.writeNumberField("stride", retrieval.speculationStride());
                    json.writeNumberField("prefetch", retrieval.prefetch());
                    json.writeEndObject();
                    json.writeEndObject();
                    json.writeEndObject();
                });
    }

    /** The request's record, keyed by its id. */
    public static OutputRecord record(DecodingRequest request) {
        return new OutputRecord(Json.utf8(request.id()), write(request), List.of(), List.of());
    }

    /** The record that cancels the request with this id. */
    public static OutputRecord cancellation(String id) {
        return new OutputRecord(Json.utf8(id), null, List.of(), List.of());
    }
}
