package io.ralmspec.knowledge;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.en.EnglishAnalyzer;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;
import org.apache.lucene.search.similarities.BM25Similarity;

/** How text becomes terms, and terms a score; the same when indexing, searching and scoring. */
final class Bm25Text {
    /**
     * Stands in the manifest. Raise the number when Lucene's analyzer changes its output, which a
     * test notices: an index is only good for the analyzer that built it.
     */
    static final String ANALYZER = "lucene-english-1";

    static final String FIELD = "body";
    static final float K1 = 0.9f;
    static final float B = 0.4f;
    static final Analyzer ENGLISH = new EnglishAnalyzer();

    private Bm25Text() {}

    static BM25Similarity similarity() {
        return new BM25Similarity(K1, B);
    }

    /** Takes one occurrence of a term: the first {@code length} characters, to be copied. */
    @FunctionalInterface
    interface TermConsumer {
        void accept(char[] term, int length);
    }

    /**
     * The text's terms and how often each occurs, in order of first occurrence.
     *
     * @param maxTerms terms beyond this many different ones are left out
     */
    static Map<String, Integer> terms(String text, int maxTerms) {
        Map<String, Integer> terms = new LinkedHashMap<>();
        forEachTerm(
                text,
                (characters, length) -> {
                    String name = new String(characters, 0, length);
                    if (terms.size() < maxTerms || terms.containsKey(name)) {
                        terms.merge(name, 1, Integer::sum);
                    }
                });
        return terms;
    }

    /** Every occurrence of a term, in order. */
    static void forEachTerm(String text, TermConsumer consumer) {
        try (TokenStream tokens = ENGLISH.tokenStream(FIELD, text)) {
            CharTermAttribute term = tokens.addAttribute(CharTermAttribute.class);
            tokens.reset();
            while (tokens.incrementToken()) {
                consumer.accept(term.buffer(), term.length());
            }
            tokens.end();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
