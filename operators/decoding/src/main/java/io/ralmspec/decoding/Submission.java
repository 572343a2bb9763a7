package io.ralmspec.decoding;

import org.jspecify.annotations.Nullable;

/**
 * A record of the request topic with a usable id: a request, a cancellation of one, or a request
 * that can't be run. The last goes the same way as the others, because only there is known whether
 * its id was answered already.
 *
 * @param origin with the record's bytes, for the dead letter that it becomes if its id is taken
 * @param request the request, or null
 * @param refusal why the request can't be run, or null; null like {@code request} to cancel the
 *     request with this id
 */
public record Submission(
        Origin origin,
        String id,
        @Nullable DecodingRequest request,
        @Nullable RequestError refusal) {
    public Submission {
        Checks.require(
                request == null || refusal == null,
                "refusal",
                "null for a request that can be run",
                "one for request " + id);
    }

    /** A request to run. */
    public static Submission of(Origin origin, DecodingRequest request) {
        return new Submission(origin, request.id(), request, null);
    }

    /** The end of the request with this id. */
    public static Submission cancellation(Origin origin, String id) {
        return new Submission(origin, id, null, null);
    }

    /** A request to answer with this error. */
    public static Submission refused(Origin origin, String id, RequestError refusal) {
        return new Submission(origin, id, null, refusal);
    }

    /** Whether this ends a request. */
    public boolean cancels() {
        return request == null && refusal == null;
    }
}
