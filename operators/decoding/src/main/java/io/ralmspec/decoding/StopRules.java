package io.ralmspec.decoding;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where an answer ends: an end token, a stop text, {@code max_tokens} or the context, whichever
 * comes first. Depends on the generated tokens alone, so that speculative and sequential decoding
 * stop at the same token.
 */
public final class StopRules {
    private final ModelProfile profile;
    private final Tokenizer tokenizer;

    public StopRules(ModelProfile profile, Tokenizer tokenizer) {
        this.profile = profile;
        this.tokenizer = tokenizer;
    }

    /** Tokens to keep of a stride, and why the answer ends there, or null. */
    public record Cut(int[] tokens, @Nullable FinishReason end) {}

    /** Generated tokens that request and context allow in all. */
    public int limit(DecodingRequest request, int promptTokens) {
        return Math.min(request.maxTokens(), profile.sequenceTokens() - promptTokens);
    }

    /**
     * What is the answer's of a stride.
     *
     * @param before generated tokens before it
     */
    public Cut cut(DecodingRequest request, int promptTokens, int[] before, int[] stride) {
        int limit = limit(request, promptTokens);
        for (int i = 0; i < stride.length; i++) {
            if (profile.ends(stride[i])) {
                return new Cut(Arrays.copyOf(stride, i), FinishReason.STOP);
            }
            int[] kept = Arrays.copyOf(stride, i + 1);
            if (!request.stop().isEmpty()) {
                String text = tokenizer.decode(Tokens.concat(before, kept));
                if (firstStop(text, request.stop()) >= 0) {
                    return new Cut(kept, FinishReason.STOP);
                }
            }
            if (before.length + kept.length >= limit) {
                return new Cut(kept, FinishReason.LENGTH);
            }
        }
        return new Cut(stride, null);
    }

    /** The answer's text: everything before the first stop text. */
    public String text(int[] generated, List<String> stop) {
        String text = tokenizer.decode(generated);
        int end = firstStop(text, stop);
        return end < 0 ? text : text.substring(0, end);
    }

    /**
     * The part of the text that no further token can change: without an incomplete last character
     * and without the beginning of what may become a stop text.
     */
    public String stableText(int[] generated, List<String> stop) {
        String text = text(generated, stop);
        int end = text.length();
        while (end > 0 && text.charAt(end - 1) == '\uFFFD') {
            end--;
        }
        int stable = end;
        for (String s : stop) {
            for (int length = Math.min(s.length() - 1, end); length > 0; length--) {
                if (text.startsWith(s.substring(0, length), end - length)) {
                    stable = Math.min(stable, end - length);
                    break;
                }
            }
        }
        return text.substring(0, stable);
    }

    private static int firstStop(String text, List<String> stop) {
        int first = -1;
        for (String s : stop) {
            int at = text.indexOf(s);
            if (at >= 0 && (first < 0 || at < first)) {
                first = at;
            }
        }
        return first;
    }
}
