package io.ralmspec.job.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A prompt to ask. */
public record Question(String id, String prompt) {
    /**
     * Reads JSON lines with {@code question} or {@code prompt}, and perhaps {@code id}.
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
            questions.add(new Question(node.path("id").asText("q" + number), prompt));
        }
        if (questions.isEmpty()) {
            throw new IllegalArgumentException(file + " must hold at least one question (got 0)");
        }
        return questions;
    }
}
