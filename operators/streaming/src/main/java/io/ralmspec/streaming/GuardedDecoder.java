package io.ralmspec.streaming;

import io.ralmspec.decoding.DecodingSession;
import io.ralmspec.decoding.ErrorCode;
import io.ralmspec.decoding.Estimates;
import io.ralmspec.decoding.Event;
import io.ralmspec.decoding.RequestError;
import io.ralmspec.decoding.SessionDecoder;
import io.ralmspec.decoding.SessionEvent;
import io.ralmspec.decoding.SessionState;
import io.ralmspec.decoding.SpeculativeDecoder;
import io.ralmspec.decoding.Transition;
import io.ralmspec.decoding.knnlm.KnnDecoder;
import io.ralmspec.decoding.knnlm.KnnEvent;
import io.ralmspec.decoding.knnlm.KnnState;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The decoder, with one request's failure kept to that request. A session may come from state that
 * was written with another model or knowledge base, so that its tokens or documents are unknown
 * now; an exception would then fail the job again after every restore. Never throws: the session
 * ends with an error answer instead.
 */
final class GuardedDecoder {
    private static final Logger LOG = LoggerFactory.getLogger(GuardedDecoder.class);

    private final SpeculativeDecoder decoder;
    private final @Nullable KnnDecoder knnDecoder;

    /**
     * @param knnDecoder null if there is no datastore
     */
    GuardedDecoder(SpeculativeDecoder decoder, @Nullable KnnDecoder knnDecoder) {
        this.decoder = decoder;
        this.knnDecoder = knnDecoder;
    }

    /** A session with the decoder for it. */
    record Decoding<S extends DecodingSession>(SessionDecoder<S> decoder, S session) {
        Transition<S> start(Estimates expected, long nowMillis) {
            return decoder.start(session, expected, nowMillis);
        }

        Transition<S> step(SessionEvent event, long nowMillis) {
            return decoder.step(session, event, nowMillis);
        }

        Transition<S> resume(long nowMillis) {
            return decoder.resume(session, nowMillis);
        }

        Transition<S> abort(ErrorCode code, String message, long nowMillis) {
            return decoder.abort(session, code, message, nowMillis);
        }
    }

    /** Starts a submitted session. */
    Transition<?> start(StoredSession submitted, Estimates expected, long nowMillis) {
        return guarded(
                submitted,
                ErrorCode.MODEL_FAILED,
                nowMillis,
                decoding -> decoding.start(expected, nowMillis));
    }

    /** One event; as {@link SessionDecoder#step}, a stale one returns the state itself. */
    Transition<?> step(StoredSession stored, SessionEvent event, long nowMillis) {
        return guarded(
                stored,
                looksUp(event) ? ErrorCode.RETRIEVAL_FAILED : ErrorCode.MODEL_FAILED,
                nowMillis,
                decoding -> decoding.step(event, nowMillis));
    }

    /** Whether an event makes the decoder look documents or entries up; others only meet tokens. */
    private static boolean looksUp(SessionEvent event) {
        return event instanceof Event.Generated
                || event instanceof Event.Verified
                || event instanceof KnnEvent.Searched;
    }

    /** Takes a session up again after a restore; as {@link SessionDecoder#resume}. */
    Transition<?> resume(StoredSession stored, long nowMillis) {
        return guarded(
                stored, ErrorCode.MODEL_FAILED, nowMillis, decoding -> decoding.resume(nowMillis));
    }

    /** Makes a decision; one that fails is replaced by the end of the session. */
    Transition<?> guarded(
            StoredSession stored,
            ErrorCode code,
            long nowMillis,
            Function<Decoding<?>, Transition<?>> decision) {
        Decoding<?> decoding = decoding(stored);
        if (decoding == null) {
            // A session of a savepoint that was taken with a datastore.
            return Transition.abandoned(
                    stored.session(),
                    new RequestError(
                            ErrorCode.RETRIEVAL_FAILED,
                            "retrieval.mode",
                            "the request can't go on in a job without a datastore: send it again"
                                    + " under a new id"));
        }
        try {
            return decision.apply(decoding);
        } catch (RuntimeException e) {
            return failed(stored, decoding, code, e, nowMillis);
        }
    }

    private @Nullable Decoding<?> decoding(StoredSession stored) {
        return switch (stored.session()) {
            case SessionState session -> new Decoding<>(decoder, session);
            case KnnState session ->
                    knnDecoder == null ? null : new Decoding<>(knnDecoder, session);
            default -> throw new IllegalStateException("a session of no known decoder");
        };
    }

    private static Transition<?> failed(
            StoredSession stored,
            Decoding<?> decoding,
            ErrorCode code,
            RuntimeException failure,
            long nowMillis) {
        LOG.error(
                "{} can't be decoded further and gets an error answer",
                stored.describe(),
                LoggedFailure.of(failure));
        String message =
                "the request can't go on with this model and knowledge base (%s): see the log for"
                        + " request %s, and send it again under a new id";
        String told = message.formatted(failure.getClass().getSimpleName(), stored.id());
        try {
            return decoding.abort(code, told, nowMillis);
        } catch (RuntimeException e) {
            LOG.error(
                    "{} gets an error answer without its verified text",
                    stored.describe(),
                    LoggedFailure.of(e));
            return Transition.abandoned(stored.session(), new RequestError(code, "", told));
        }
    }
}
