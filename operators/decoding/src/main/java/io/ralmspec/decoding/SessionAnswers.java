package io.ralmspec.decoding;

import org.jspecify.annotations.Nullable;

/** What a session tells its client: verified text while it grows, and the one answer. */
final class SessionAnswers {
    private final ModelProfile profile;
    private final StopRules stopRules;

    SessionAnswers(ModelProfile profile, StopRules stopRules) {
        this.profile = profile;
        this.stopRules = stopRules;
    }

    /** Sends the verified text that has become certain, if the request streams. */
    void delta(Session s) {
        Transcript t = s.transcript;
        if (!s.request.stream()) {
            return;
        }
        String text = stopRules.stableText(t.generated(), s.request.stop());
        if (text.length() > t.deltaCharacters()) {
            String added = text.substring(t.deltaCharacters());
            s.commands.add(
                    new Command.EmitDelta(new Delta(s.request.id(), t.deltas(), added, false)));
            s.transcript = t.withDelta(added.length());
        }
    }

    /** Fails a session whose prompt is empty or too long for the model. */
    boolean refusesPrompt(Session s, int tokens, long nowMillis) {
        int room = profile.sequenceTokens() - 1;
        if (tokens == 0) {
            fail(
                    s,
                    ErrorCode.INVALID_FIELD,
                    "prompt",
                    "`prompt` must have at least 1 token (got 0)",
                    nowMillis);
        } else if (tokens > room) {
            fail(
                    s,
                    ErrorCode.PROMPT_TOO_LONG,
                    "prompt",
                    ("`prompt` must be <= %d tokens (got %d): the model's context of %d tokens"
                                    + " keeps %d for the document; shorten the prompt")
                            .formatted(
                                    room,
                                    tokens,
                                    profile.contextLength(),
                                    profile.documentTokens()),
                    nowMillis);
        }
        return s.phase == Phase.FINISHED;
    }

    void fail(Session s, ErrorCode code, String field, String message, long nowMillis) {
        finish(s, FinishReason.ERROR, new RequestError(code, field, message), nowMillis);
    }

    /** Ends the session with the verified tokens; drafted ones are gone. */
    void finish(Session s, FinishReason reason, @Nullable RequestError error, long nowMillis) {
        DecodingRequest request = s.request;
        Transcript t = s.transcript;
        String text = stopRules.text(t.generated(), request.stop());
        s.timings = s.timings.withTotal(seconds(s, nowMillis));
        s.stopGenerating();
        s.verifying = 0;
        s.steps.clear();
        s.phase = Phase.FINISHED;
        if (request.stream()) {
            String rest = text.substring(Math.min(text.length(), t.deltaCharacters()));
            s.commands.add(new Command.EmitDelta(new Delta(request.id(), t.deltas(), rest, true)));
        }
        s.commands.add(
                new Command.Finish(
                        new Answer(
                                request.id(),
                                text,
                                t.generated(),
                                reason,
                                t.prompt().length,
                                t.sources(),
                                s.counters(),
                                s.timings,
                                error)));
    }

    /** Seconds since the request was received. */
    static double seconds(Session s, long nowMillis) {
        return Math.max(0, nowMillis - s.receivedMillis) / 1000.0;
    }
}
