package io.ralmspec.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import io.ralmspec.decoding.DeadLetter;
import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.ErrorCode;
import io.ralmspec.decoding.Origin;
import io.ralmspec.decoding.RequestDefaults;
import io.ralmspec.decoding.RequestError;
import io.ralmspec.decoding.RequestLimits;
import io.ralmspec.decoding.Submission;
import java.io.IOException;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import org.jspecify.annotations.Nullable;

/**
 * Turns records of the request topic into submissions or dead letters. Never throws, whatever the
 * bytes: an exception here would stop the job at the same record for ever. Stateless and
 * thread-safe.
 */
public final class RequestParser implements Serializable {
    private static final long serialVersionUID = 1;

    private final RequestLimits limits;
    private final RequestDefaults defaults;

    /**
     * @throws IllegalArgumentException if a default is beyond its limit, or needs a datastore where
     *     there is none
     */
    public RequestParser(RequestLimits limits, RequestDefaults defaults) {
        atMost("max_tokens", defaults.maxTokens(), limits.maxTokens());
        atMost("retrieval.stride", defaults.retrieval().stride(), limits.maxStride());
        atMost(
                "retrieval.query_tokens",
                defaults.retrieval().queryTokens(),
                limits.maxQueryTokens());
        atMost(
                "retrieval.speculation.stride",
                defaults.retrieval().speculation().stride(),
                limits.maxSpeculationStride());
        atMost(
                "retrieval.speculation.prefetch",
                defaults.retrieval().speculation().prefetch(),
                limits.maxPrefetch());
        DecodingMode mode = defaults.retrieval().mode();
        if (!limits.allows(mode)) {
            throw new IllegalArgumentException(
                    "default `retrieval.mode` must be one without a datastore (got %s)"
                            .formatted(mode.wireName()));
        }
        this.limits = limits;
        this.defaults = defaults;
    }

    /** Exactly one outcome for any record. */
    public Parsed parse(Origin origin) {
        try {
            return parseOrThrow(origin);
        } catch (RuntimeException e) {
            // The exception's message may quote the input.
            return unreadable(
                    origin,
                    ErrorCode.INVALID_JSON,
                    "",
                    ("`request` must be one that the parser can read (got a failure of the parser,"
                                    + " %s): report it with the record")
                            .formatted(e.getClass().getSimpleName()));
        }
    }

    private Parsed parseOrThrow(Origin origin) {
        byte[] value = origin.value();
        if (value == null) {
            return cancellation(origin);
        }
        if (value.length > limits.maxRequestBytes()) {
            return unreadable(
                    origin,
                    ErrorCode.REQUEST_TOO_LARGE,
                    "",
                    "`request` must be <= %d bytes (got %d): shorten the prompt"
                            .formatted(limits.maxRequestBytes(), value.length));
        }
        CharBuffer text = CharBuffer.allocate(value.length);
        int malformed = decode(value, text);
        return malformed >= 0
                ? unreadable(
                        origin,
                        ErrorCode.INVALID_JSON,
                        "",
                        "`request` must be UTF-8 (got a malformed character at byte %d)"
                                .formatted(malformed))
                : request(origin, text);
    }

    private Parsed request(Origin origin, CharBuffer text) {
        RequestReader reader;
        // `text` is backed by its whole array, which no one else has.
        try (JsonParser json = Json.FACTORY.createParser(text.array(), 0, text.limit())) {
            reader = new RequestReader(json, limits, defaults);
            reader.read();
        } catch (StreamConstraintsException e) {
            return unreadable(
                    origin,
                    ErrorCode.INVALID_JSON,
                    "",
                    "`request` must be nested <= %d levels (got more at %s)"
                            .formatted(Json.MAX_NESTING, place(e)));
        } catch (JacksonException e) {
            // The library's message quotes the input, which may be the prompt.
            return unreadable(
                    origin,
                    ErrorCode.INVALID_JSON,
                    "",
                    "`request` must be a JSON object (got a syntax error at %s)"
                            .formatted(place(e)));
        } catch (IOException e) {
            throw new IllegalStateException("reading memory can't fail", e);
        }
        RequestError noId = reader.idError();
        if (noId != null) {
            return new Parsed.Unreadable(new DeadLetter(origin, noId));
        }
        RequestError error = reader.error();
        Origin kept = kept(origin, origin.value());
        return error != null
                ? new Parsed.Refused(Submission.refused(kept, reader.id(), error))
                : new Parsed.Accepted(Submission.of(kept, reader.toRequest()));
    }

    private Parsed cancellation(Origin origin) {
        byte[] key = origin.key();
        if (key == null) {
            return unreadable(
                    origin,
                    ErrorCode.MISSING_FIELD,
                    "id",
                    "`id` must be the key of a record without value (got no key)");
        }
        if (key.length > maxKeyBytes()) {
            return unreadable(
                    origin,
                    ErrorCode.INVALID_FIELD,
                    "id",
                    "`id` must be <= %d characters (got a key of %d bytes)"
                            .formatted(limits.maxIdCharacters(), key.length));
        }
        CharBuffer text = CharBuffer.allocate(key.length);
        int malformed = decode(key, text);
        if (malformed >= 0) {
            return unreadable(
                    origin,
                    ErrorCode.INVALID_FIELD,
                    "id",
                    "`id` must be UTF-8 (got a malformed character at byte %d of the key)"
                            .formatted(malformed));
        }
        String id = text.toString();
        String problem = FieldReader.textProblem(id, limits.maxIdCharacters());
        return problem != null
                ? unreadable(origin, ErrorCode.INVALID_FIELD, "id", "`id` must be " + problem)
                : new Parsed.Accepted(Submission.cancellation(kept(origin, null), id));
    }

    /**
     * A record with bounded headers and key.
     *
     * @param value what to keep of its bytes: a request keeps them all, for its dead letter if its
     *     id turns out to be taken
     */
    private Origin kept(Origin origin, byte @Nullable [] value) {
        HeaderList headers = HeaderList.ofSubmission(origin);
        byte[] key = origin.key();
        return new Origin(
                origin.topic(),
                origin.partition(),
                origin.offset(),
                origin.timestampMillis(),
                key == null || key.length > maxKeyBytes() ? null : key,
                value,
                headers.names(),
                headers.values());
    }

    /** A character has at most 4 bytes in UTF-8. */
    private int maxKeyBytes() {
        return 4 * limits.maxIdCharacters();
    }

    private static Parsed unreadable(Origin origin, ErrorCode code, String field, String message) {
        return new Parsed.Unreadable(
                new DeadLetter(origin, new RequestError(code, field, message)));
    }

    /** Fills and flips {@code text}; returns the first malformed byte's index, or -1. */
    private static int decode(byte[] bytes, CharBuffer text) {
        CharsetDecoder decoder =
                UTF_8.newDecoder()
                        .onMalformedInput(CodingErrorAction.REPORT)
                        .onUnmappableCharacter(CodingErrorAction.REPORT);
        ByteBuffer input = ByteBuffer.wrap(bytes);
        CoderResult result = decoder.decode(input, text, true);
        text.flip();
        return result.isError() ? input.position() : -1;
    }

    private static String place(JacksonException e) {
        JsonLocation at = e.getLocation();
        return at == null
                ? "an unknown place"
                : "line %d, column %d".formatted(at.getLineNr(), at.getColumnNr());
    }

    private static void atMost(String field, int value, int limit) {
        if (value > limit) {
            throw new IllegalArgumentException(
                    "default `%s` must be <= its limit %d (got %d)".formatted(field, limit, value));
        }
    }
}
