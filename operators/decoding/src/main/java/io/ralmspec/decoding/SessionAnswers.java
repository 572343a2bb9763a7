package io.ralmspec.decoding;

import org.jspecify.annotations.Nullable;

/** What a session tells its client: verified text while it grows, and the one answer. */
final class SessionAnswers {
    private final StopRules stopRules;

    SessionAnswers(StopRules stopRules) {
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
