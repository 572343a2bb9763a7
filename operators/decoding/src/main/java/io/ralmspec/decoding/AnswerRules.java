package io.ralmspec.decoding;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a client is told, from what is verified: text while it grows, and the one answer. */
public final class AnswerRules {
    private final ModelProfile profile;
    private final StopRules stopRules;

    public AnswerRules(ModelProfile profile, StopRules stopRules) {
        this.profile = profile;
        this.stopRules = stopRules;
    }

    /** The text that has become certain since the last delta; null if none, or none is wanted. */
    public @Nullable Delta growth(DecodingRequest request, Transcript transcript) {
        if (!request.stream()) {
            return null;
        }
        String text = stopRules.stableText(transcript.generated(), request.stop());
        int sent = transcript.deltaCharacters();
        return text.length() > sent
                ? new Delta(request.id(), transcript.deltas(), text.substring(sent), false)
                : null;
    }

    /** Why a prompt of so many tokens is refused, or null. */
    public @Nullable RequestError refusal(int promptTokens) {
        int room = profile.sequenceTokens() - 1;
        if (promptTokens == 0) {
            return new RequestError(
                    ErrorCode.INVALID_FIELD,
                    "prompt",
                    "`prompt` must have at least 1 token (got 0)");
        }
        if (promptTokens <= room) {
            return null;
        }
        return new RequestError(
                ErrorCode.PROMPT_TOO_LONG,
                "prompt",
                ("`prompt` must be <= %d tokens (got %d): the model's context of %d tokens keeps"
                                + " %d for the document; shorten the prompt")
                        .formatted(
                                room,
                                promptTokens,
                                profile.contextLength(),
                                profile.documentTokens()));
    }

    /**
     * The end of a session, as commands: the answer with the verified tokens, and before it, if the
     * request streams, the delta that completes its text.
     *
     * @param error set if and only if that is the reason
     */
    public List<SessionCommand> end(
            DecodingRequest request,
            Transcript transcript,
            FinishReason reason,
            Counters counters,
            Timings timings,
            @Nullable RequestError error) {
        String text = stopRules.text(transcript.generated(), request.stop());
        List<SessionCommand> commands = new ArrayList<>();
        if (request.stream()) {
            String rest = text.substring(Math.min(text.length(), transcript.deltaCharacters()));
            Delta last = new Delta(request.id(), transcript.deltas(), rest, true);
            commands.add(new SessionCommand.EmitDelta(last));
        }
        commands.add(
                new SessionCommand.Finish(
                        new Answer(
                                request.id(),
                                text,
                                transcript.generated(),
                                reason,
                                transcript.prompt().length,
                                transcript.sources(),
                                counters,
                                timings,
                                error)));
        return commands;
    }

    /** Seconds from a receipt until now. */
    public static double seconds(long receivedMillis, long nowMillis) {
        return Math.max(0, nowMillis - receivedMillis) / 1000.0;
    }
}
