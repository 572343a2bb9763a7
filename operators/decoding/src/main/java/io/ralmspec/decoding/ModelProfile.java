package io.ralmspec.decoding;

import java.util.List;

/**
 * What the algorithm must know of a language model.
 *
 * @param contextLength tokens that fit in all: document, prompt and generation
 * @param documentTokens room kept for the document, begin-of-sequence token included
 * @param endTokens tokens that end an answer
 */
public record ModelProfile(int contextLength, int documentTokens, List<Integer> endTokens) {
    public ModelProfile {
        Checks.require(
                documentTokens >= 1 && documentTokens < contextLength,
                "document_tokens",
                "in [1, context length " + contextLength + ")",
                documentTokens);
        endTokens = List.copyOf(endTokens);
    }

    /** Prompt and generated tokens that fit beside the document. */
    public int sequenceTokens() {
        return contextLength - documentTokens;
    }

    public boolean ends(int token) {
        return endTokens.contains(token);
    }
}
