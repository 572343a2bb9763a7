package io.ralmspec.model;

import io.ralmspec.decoding.DocumentCatalog;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The tokens before a request's own: the begin-of-sequence token, if the model uses one, and the
 * document's title and text, each on lines of their own, tokenised alone and cut to a fixed number.
 */
final class DocumentPrefixes {
    private static final int KEPT = 4096;

    private final DocumentCatalog documents;
    private final FileTokenizer tokenizer;
    private final int[] begin;
    private final int maxTokens;

    private final Map<Integer, int[]> kept =
            new LinkedHashMap<>(16, 0.75f, true) {
                @Override
                protected boolean removeEldestEntry(Map.Entry<Integer, int[]> eldest) {
                    return size() > KEPT;
                }
            };

    /**
     * @param maxTokens begin-of-sequence token included
     */
    DocumentPrefixes(
            DocumentCatalog documents, FileTokenizer tokenizer, int[] begin, int maxTokens) {
        this.documents = documents;
        this.tokenizer = tokenizer;
        this.begin = begin;
        this.maxTokens = maxTokens;
    }

    /**
     * Not to be changed by the caller.
     *
     * @param document ordinal, or -1 for none
     */
    int[] tokens(int document) {
        if (document < 0) {
            return begin;
        }
        if (document >= documents.size()) {
            throw new IllegalArgumentException(
                    "`document` must be < %d (got %d)".formatted(documents.size(), document));
        }
        return kept.computeIfAbsent(document, this::tokenise);
    }

    private int[] tokenise(int document) {
        String title = documents.title(document);
        String text = documents.text(document) + "\n";
        int[] own = tokenizer.encode(title.isEmpty() ? text : title + "\n" + text);
        int length = Math.min(maxTokens, begin.length + own.length);
        int[] tokens = Arrays.copyOf(begin, length);
        System.arraycopy(own, 0, tokens, begin.length, length - begin.length);
        return tokens;
    }
}
