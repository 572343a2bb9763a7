package io.ralmspec.decoding;

import org.jspecify.annotations.Nullable;

/**
 * The document behind some generated tokens.
 *
 * @param documentId the document's id in its corpus
 * @param fromToken first generated token it conditioned, counted from 0
 * @param toToken one past the last
 */
public record Source(String documentId, String title, float score, int fromToken, int toToken) {
    /** Null if there was no document, or it conditioned no token. */
    static @Nullable Source of(KnowledgeBase knowledgeBase, Hit document, int from, int count) {
        if (document.isNone() || count == 0) {
            return null;
        }
        return new Source(
                knowledgeBase.id(document.document()),
                knowledgeBase.title(document.document()),
                document.score(),
                from,
                from + count);
    }
}
