package io.ralmspec.knowledge;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TermCountsTest {
    private static int count(TermCounts document, String term) {
        char[] characters = term.toCharArray();
        return document.count(characters, TermCounts.hash(characters, characters.length));
    }

    @Test
    void countsWhatTheAnalyzerFindsInTextsOfAnyLength() {
        Random random = Seeds.random();
        for (int words = 0; words < 20_000; words = 2 * words + 1) {
            int vocabulary = 1 + random.nextInt(2 * words + 1);
            String text =
                    random.ints(words, 0, vocabulary)
                            .mapToObj(word -> "t" + word)
                            .collect(Collectors.joining(" "));
            TermCounts counts = new TermCounts(text, 7);
            Map<String, Integer> expected = Bm25Text.terms(text, Integer.MAX_VALUE);
            for (int word = 0; word < vocabulary + 100; word++) {
                String term = "t" + word;
                assertThat(count(counts, term)).isEqualTo(expected.getOrDefault(term, 0));
            }
            assertThat(counts.norm()).isEqualTo(7);
        }
    }

    /** "d1" and "bo" hash alike, so all their combinations of one length do. */
    @Test
    void countsTermsWithTheSameHashApart() {
        String[] terms =
                IntStream.range(0, 256)
                        .mapToObj(
                                bits ->
                                        IntStream.range(0, 8)
                                                .mapToObj(i -> (bits >> i & 1) == 0 ? "d1" : "bo")
                                                .collect(Collectors.joining()))
                        .toArray(String[]::new);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < terms.length; i++) {
            text.append((terms[i] + " ").repeat(i % 4));
        }
        TermCounts counts = new TermCounts(text.toString(), 0);
        Map<String, Integer> expected = Bm25Text.terms(text.toString(), Integer.MAX_VALUE);
        assertThat(expected).hasSize(192);
        for (Map.Entry<String, Integer> entry : expected.entrySet()) {
            assertThat(count(counts, entry.getKey())).isEqualTo(entry.getValue());
        }
        for (int i = 0; i < terms.length; i += 4) {
            assertThat(count(counts, terms[i])).isZero();
        }
    }
}
