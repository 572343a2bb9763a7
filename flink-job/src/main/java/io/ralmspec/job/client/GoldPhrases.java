package io.ralmspec.job.client;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * What a right answer says, one of several phrases. An answer is right if it contains the words of
 * one in a row; case and punctuation do not count. That is how Dense Passage Retrieval (arXiv
 * 2004.04906) looks for answers in passages.
 */
public record GoldPhrases(List<String> phrases) {
    public static final GoldPhrases UNKNOWN = new GoldPhrases(List.of());

    private static final Pattern BETWEEN_WORDS = Pattern.compile("[^\\p{L}\\p{N}\\p{M}]+");

    public GoldPhrases {
        phrases = phrases.stream().filter(phrase -> !words(phrase).isBlank()).toList();
    }

    public boolean known() {
        return !phrases.isEmpty();
    }

    public boolean in(String text) {
        String words = words(text);
        return phrases.stream().anyMatch(phrase -> words.contains(words(phrase)));
    }

    /** Lower-case words with a space before and after each. */
    private static String words(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        return BETWEEN_WORDS.matcher(" " + lower + " ").replaceAll(" ");
    }
}
