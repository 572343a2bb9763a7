package io.ralmspec.job.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GoldPhrasesTest {
    @TempDir Path directory;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "May 18 , 2018         | It was on May 18, 2018.   | true",
                "Wilhelm Conrad Röntgen | it was wilhelm conrad röntgen | true",
                "a tower               | A tower with a light      | true",
                "art                   | a part of it              | false",
                "42                    | 1942                      | false",
                "New York City         | New York is a City        | false",
                "東京                    | It is 東京.                 | true"
            })
    void anAnswerIsRightIfItHoldsTheWordsInARow(String gold, String answer, boolean right) {
        assertThat(new GoldPhrases(List.of(gold)).in(answer)).isEqualTo(right);
        assertThat(new GoldPhrases(List.of("never said", gold)).in(answer)).isEqualTo(right);
    }

    @Test
    void aPhraseWithoutWordsIsNone() {
        GoldPhrases none = new GoldPhrases(List.of("", " ?! "));
        assertThat(none.known()).isFalse();
        assertThat(none.in("anything")).isFalse();
    }

    @Test
    void questionsNameOnePhraseOrSeveralOrNone() throws Exception {
        Path file = directory.resolve("questions.jsonl");
        Files.writeString(
                file,
                """
                {"question": "q1", "answers": ["one", "two"]}
                {"prompt": "p2", "question": "q2", "gold": "three", "id": "b"}

                {"prompt": "p3"}
                """);
        assertThat(Question.read(file, 3))
                .containsExactly(
                        new Question("q1", "q1", new GoldPhrases(List.of("one", "two"))),
                        new Question("b", "p2", new GoldPhrases(List.of("three"))),
                        new Question("q4", "p3"));
        Files.writeString(file, "{\"id\": \"c\"}");
        assertThatThrownBy(() -> Question.read(file, 3))
                .hasMessageContaining("line 1 of")
                .hasMessageContaining("must have `question` or `prompt`");
    }
}
