package io.ralmspec.decoding;

import org.jspecify.annotations.Nullable;

/** What a session tells its client: verified text while it grows, and the one answer. */
final class SessionAnswers {
    private final AnswerRules rules;

    SessionAnswers(ModelProfile profile, StopRules stopRules) {
        this.rules = new AnswerRules(profile, stopRules);
    }

    /** Sends the verified text that has become certain, if the request streams. */
    void delta(Session s) {
        Delta delta = rules.growth(s.request, s.transcript);
        if (delta != null) {
            s.commands.add(new SessionCommand.EmitDelta(delta));
            s.transcript = s.transcript.withDelta(delta.text().length());
        }
    }

    /** Fails a session whose prompt is empty or too long for the model. */
    boolean refusesPrompt(Session s, int tokens, long nowMillis) {
        RequestError refusal = rules.refusal(tokens);
        if (refusal != null) {
            finish(s, FinishReason.ERROR, refusal, nowMillis);
        }
        return refusal != null;
    }

    void fail(Session s, ErrorCode code, String field, String message, long nowMillis) {
        finish(s, FinishReason.ERROR, new RequestError(code, field, message), nowMillis);
    }

    /** Ends the session with the verified tokens; drafted ones are gone. */
    void finish(Session s, FinishReason reason, @Nullable RequestError error, long nowMillis) {
        s.timings = s.timings.withTotal(seconds(s, nowMillis));
        s.stopGenerating();
        s.verifying = 0;
        s.steps.clear();
        s.phase = Phase.FINISHED;
        s.commands.addAll(
                rules.end(s.request, s.transcript, reason, s.counters(), s.timings, error));
    }

    /** Seconds since the request was received. */
    static double seconds(Session s, long nowMillis) {
        return AnswerRules.seconds(s.receivedMillis, nowMillis);
    }
}
