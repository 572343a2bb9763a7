package io.ralmspec.job.assets;

import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.List;

/**
 * The prompts the quickstart asks: story openings and questions about things that the first 20,000
 * documents of {@link WordNetCorpus} define.
 */
public final class QuickstartQuestions {
    private QuickstartQuestions() {}

    /**
     * @param id distinct, usable as a request id
     * @param prompt short enough to leave most of a 256-token context to the answer
     */
    public record Question(String id, String prompt) {}

    /** All 24, always in the same order. */
    public static List<Question> load() throws IOException {
        try (MappingIterator<Question> lines =
                new ObjectMapper()
                        .readerFor(Question.class)
                        .readValues(Resources.read("quickstart-questions.jsonl"))) {
            return List.copyOf(lines.readAll());
        }
    }
}
