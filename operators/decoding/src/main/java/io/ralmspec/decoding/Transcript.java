package io.ralmspec.decoding;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The verified part of a session.
 *
 * @param prompt the prompt's tokens
 * @param generated verified tokens
 * @param sources the documents behind them
 * @param deltas deltas sent so far
 * @param deltaCharacters characters in them
 */
public record Transcript(
        int[] prompt, int[] generated, List<Source> sources, int deltas, int deltaCharacters) {
    public static final Transcript EMPTY =
            new Transcript(Tokens.NONE, Tokens.NONE, List.of(), 0, 0);

    public Transcript {
        sources = List.copyOf(sources);
    }

    public Transcript withPrompt(int[] tokens) {
        return new Transcript(tokens, generated, sources, deltas, deltaCharacters);
    }

    /** With a verified stride and the document behind it, if any. */
    public Transcript withStride(int[] tokens, @Nullable Source source) {
        List<Source> all = sources;
        if (source != null) {
            all = new ArrayList<>(sources);
            all.add(source);
        }
        return new Transcript(
                prompt, Tokens.concat(generated, tokens), all, deltas, deltaCharacters);
    }

    /** With one more delta sent, of so many characters. */
    public Transcript withDelta(int characters) {
        return new Transcript(prompt, generated, sources, deltas + 1, deltaCharacters + characters);
    }
}
