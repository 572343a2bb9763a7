package io.ralmspec.kafka;

import com.fasterxml.jackson.core.JsonGenerator;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.KnnParameters;
import io.ralmspec.decoding.RetrievalParameters;
import io.ralmspec.decoding.Sampling;
import io.ralmspec.decoding.SpeculationPolicy;
import io.ralmspec.decoding.StrideRule;
import java.io.IOException;
import java.util.List;

/**
 * Requests as their senders write them; {@link RequestParser} reads back the same request. A
 * speculation stride that no one uses, as the rule is not {@link StrideRule#FIXED}, is not sent.
 */
public final class RequestWriter {
    private RequestWriter() {}

    /** The request as JSON, with every field given. */
    public static byte[] write(DecodingRequest request) {
        Sampling sampling = request.sampling();
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
                    write(json, request.retrieval());
                    json.writeEndObject();
                });
    }

    private static void write(JsonGenerator json, RetrievalParameters retrieval)
            throws IOException {
        json.writeObjectFieldStart("retrieval");
        json.writeStringField("retriever", retrieval.retriever().wireName());
        json.writeStringField("mode", retrieval.mode().wireName());
        json.writeStringField("scheme", retrieval.scheme().wireName());
        json.writeNumberField("confidence", retrieval.confidence());
        json.writeNumberField("stride", retrieval.stride());
        json.writeNumberField("query_tokens", retrieval.queryTokens());
        write(json, retrieval.speculation());
        write(json, retrieval.knn());
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, SpeculationPolicy speculation)
            throws IOException {
        json.writeObjectFieldStart("speculation");
        if (speculation.rule() == StrideRule.FIXED) {
            json.writeNumberField("stride", speculation.stride());
        } else {
            json.writeStringField("stride", speculation.rule().wireName());
        }
        json.writeNumberField("prefetch", speculation.prefetch());
        json.writeBooleanField("async", speculation.async());
        json.writeBooleanField("recovery", speculation.recovery());
        json.writeBooleanField("graph", speculation.graph());
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, KnnParameters knn) throws IOException {
        json.writeObjectFieldStart("knn");
        json.writeNumberField("lambda", knn.lambda());
        json.writeNumberField("temperature", knn.temperature());
        json.writeNumberField("k", knn.neighbours());
        json.writeNumberField("successors", knn.successors());
        json.writeNumberField("prefetch", knn.prefetch());
        json.writeNumberField("cache_entries", knn.cacheEntries());
        json.writeEndObject();
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
