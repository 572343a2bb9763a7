package io.ralmspec.job.assets;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * One meaning of one or more nouns: a line of WordNet's {@code data.noun}, {@code offset lexfile n
 * count (word id)* pointers ... | gloss}.
 *
 * @param offset eight digits that name the meaning within one WordNet version
 * @param words at least one, most typical first
 * @param pointers links to other meanings; a rough measure of how central this one is
 * @param definition without examples
 * @param examples in double quotes, separated by semicolons, or empty
 */
record WordNetNoun(
        String offset, List<String> words, int pointers, String definition, String examples) {
    private static final String GLOSS = " | ";
    private static final String FIRST_EXAMPLE = "; \"";
    private static final int WORD_COUNT_FIELD = 3;
    private static final int FIRST_WORD_FIELD = 4;

    WordNetNoun {
        words = List.copyOf(words);
    }

    /**
     * @throws AssetException if the line has another form
     */
    static WordNetNoun parse(String line) throws AssetException {
        int bar = line.indexOf(GLOSS);
        String[] fields = line.substring(0, Math.max(bar, 0)).split(" ", -1);
        try {
            List<String> words = new ArrayList<>();
            int count = Integer.parseInt(fields[WORD_COUNT_FIELD], 16);
            for (int word = 0; word < count; word++) {
                words.add(fields[FIRST_WORD_FIELD + 2 * word].replace('_', ' '));
            }
            int pointers = Integer.parseInt(fields[FIRST_WORD_FIELD + 2 * count]);
            String gloss = line.substring(bar + GLOSS.length()).strip().replaceAll(" +", " ");
            int example = gloss.indexOf(FIRST_EXAMPLE);
            return new WordNetNoun(
                    fields[0],
                    words,
                    pointers,
                    example < 0 ? gloss : gloss.substring(0, example),
                    example < 0 ? "" : gloss.substring(example + FIRST_EXAMPLE.length() - 1));
        } catch (NumberFormatException | IndexOutOfBoundsException e) {
            throw new AssetException(
                    "`data.noun` must hold `offset lexfile n count words pointers | gloss` (got another line at offset %s)"
                            .formatted(fields[0]),
                    e);
        }
    }

    String id() {
        return "wn31-n-" + offset;
    }

    String title() {
        return words.get(0);
    }

    boolean isName() {
        return title().chars().anyMatch(Character::isUpperCase);
    }

    /** Prose: {@code Lamp: a source of light. Also called light. For example: "turn it on".} */
    String text() {
        String title = title();
        StringBuilder text = new StringBuilder(title.substring(0, 1).toUpperCase(Locale.ROOT));
        text.append(title.substring(1)).append(": ").append(ended(definition));
        int others = words.size() - 1;
        if (others > 0) {
            String last = others > 1 ? " or " + words.get(others) : "";
            String first = String.join(", ", words.subList(1, Math.max(others, 2)));
            text.append(" Also called ").append(ended(first + last));
        }
        if (!examples.isEmpty()) {
            text.append(" For example: ").append(ended(examples));
        }
        return text.toString();
    }

    /** With one full stop at its end: definitions may end in "etc." or in a stray colon. */
    private static String ended(String part) {
        return part.replaceFirst("[.:;]*$", ".");
    }
}
