package io.ralmspec.job.assets;

import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.job.assets.QuickstartQuestions.Question;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class QuickstartQuestionsTest {
    @Test
    void are24DistinctShortPrompts() throws IOException {
        List<Question> questions = QuickstartQuestions.load();

        assertThat(questions).hasSize(24);
        assertThat(questions).extracting(Question::id).doesNotHaveDuplicates();
        assertThat(questions).extracting(Question::prompt).doesNotHaveDuplicates();
        assertThat(questions)
                .extracting(Question::prompt)
                .allMatch(
                        prompt ->
                                prompt.matches(
                                        "[A-Z][A-Za-z ]{6,40}[?]?|Question: .*[?]\\nAnswer:"));
    }
}
