package io.ralmspec.job.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A prompt to ask.
 *
 * @param gold what a right answer says, if that is known
 */
public record Question(String id, String prompt, GoldPhrases gold) {
    /** Without a known answer. */
    public Question(String id, String prompt) {
        this(id, prompt, GoldPhrases.UNKNOWN);
    }

    /**
     * Reads JSON lines with {@code prompt} or {@code question}, and perhaps {@code id}, and {@code
     * gold} or {@code answers}: a phrase or a list of phrases, one of which a right answer holds.
     *
     * @param limit at most this many, from the start
     */
    public static List<Question> read(Path file, int limit) throws IOException {
        List<Question> questions = new ArrayList<>();
        ObjectMapper mapper = new ObjectMapper();
        int number = 0;
        for (String line : Files.readAllLines(file)) {
            number++;
            if (line.isBlank() || questions.size() >= limit) {
                continue;
            }
            JsonNode node = mapper.readTree(line);
            String prompt = node.path("prompt").asText(node.path("question").asText(""));
            if (prompt.isEmpty()) {
                throw new IllegalArgumentException(
                        "line %d of %s must have `question` or `prompt`".formatted(number, file));
            }
            String id = node.path("id").asText("q" + number);
            questions.add(new Question(id, prompt, gold(node)));
        }
        if (questions.isEmpty()) {
            throw new IllegalArgumentException(file + " must hold at least one question (got 0)");
        }
        return questions;
    }

    private static GoldPhrases gold(JsonNode question) {
        JsonNode given = question.has("gold") ? question.path("gold") : question.path("answers");
        List<String> phrases = new ArrayList<>();
        if (given.isTextual()) {
            phrases.add(given.asText());
        }
        given.elements().forEachRemaining(phrase -> phrases.add(phrase.asText()));
        return new GoldPhrases(phrases);
    }
}
