package io.ralmspec.streaming;

import io.ralmspec.decoding.ErrorCode;
import io.ralmspec.decoding.Estimates;
import io.ralmspec.decoding.Event;
import io.ralmspec.decoding.RequestError;
import io.ralmspec.decoding.SessionState;
import io.ralmspec.decoding.SpeculativeDecoder;
import io.ralmspec.decoding.Transition;
import java.util.function.Supplier;
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

    GuardedDecoder(SpeculativeDecoder decoder) {
        this.decoder = decoder;
    }

    /** Starts a submitted session. */
    Transition start(StoredSession submitted, Estimates expected, long nowMillis) {
        return guarded(
                submitted,
                ErrorCode.MODEL_FAILED,
                nowMillis,
                () -> decoder.start(submitted.session(), expected, nowMillis));
    }

    /** One event; as {@link SpeculativeDecoder#step}, a stale one returns the state itself. */
    Transition step(StoredSession stored, Event event, long nowMillis) {
        // These two look documents up; the others only meet the model's tokens.
        boolean looksUp = event instanceof Event.Generated || event instanceof Event.Verified;
        return guarded(
                stored,
                looksUp ? ErrorCode.RETRIEVAL_FAILED : ErrorCode.MODEL_FAILED,
                nowMillis,
                () -> decoder.step(stored.session(), event, nowMillis));
    }

    /** Takes a session up again after a restore; as {@link SpeculativeDecoder#resume}. */
    Transition resume(StoredSession stored, long nowMillis) {
        return guarded(
                stored,
                ErrorCode.MODEL_FAILED,
                nowMillis,
                () -> decoder.resume(stored.session(), nowMillis));
    }

    /** Makes a decision; one that fails is replaced by the end of the session. */
    Transition guarded(
            StoredSession stored, ErrorCode code, long nowMillis, Supplier<Transition> decision) {
        try {
            return decision.get();
        } catch (RuntimeException e) {
            return failed(stored, code, e, nowMillis);
        }
    }

    private Transition failed(
            StoredSession stored, ErrorCode code, RuntimeException failure, long nowMillis) {
        SessionState state = stored.session();
        LOG.error(
                "{} can't be decoded further and gets an error answer",
                stored.describe(),
                LoggedFailure.of(failure));
        String message =
                "the request can't go on with this model and knowledge base (%s): see the log for"
                        + " request %s, and send it again under a new id";
        String told = message.formatted(failure.getClass().getSimpleName(), stored.id());
        try {
            return decoder.abort(state, code, told, nowMillis);
        } catch (RuntimeException e) {
            LOG.error(
                    "{} gets an error answer without its verified text",
                    stored.describe(),
                    LoggedFailure.of(e));
            return Transition.abandoned(state, new RequestError(code, "", told));
        }
    }
}
