package io.ralmspec.decoding;

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

    /** The delta that ends a streamed answer; null if the answer is not streamed. */
    public @Nullable Delta rest(DecodingRequest request, Transcript transcript) {
        if (!request.stream()) {
            return null;
        }
        String text = stopRules.text(transcript.generated(), request.stop());
        String rest = text.substring(Math.min(text.length(), transcript.deltaCharacters()));
        return new Delta(request.id(), transcript.deltas(), rest, true);
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
     * The answer with the verified tokens.
     *
     * @param error set if and only if that is the reason
     */
    public Answer answer(
            DecodingRequest request,
            Transcript transcript,
            FinishReason reason,
            Counters counters,
            Timings timings,
            @Nullable RequestError error) {
        return new Answer(
                request.id(),
                stopRules.text(transcript.generated(), request.stop()),
                transcript.generated(),
                reason,
                transcript.prompt().length,
                transcript.sources(),
                counters,
                timings,
                error);
    }

    /** Seconds from a receipt until now. */
    public static double seconds(long receivedMillis, long nowMillis) {
        return Math.max(0, nowMillis - receivedMillis) / 1000.0;
    }
}
