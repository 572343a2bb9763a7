package io.ralmspec.job.assets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Reads the real WordNet 3.1 jar that the build copied. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WordNetCorpusITCase {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir static Path cache;
    private List<String> lines = List.of();
    private final List<JsonNode> documents = new ArrayList<>();

    @BeforeAll
    void readEverything() throws IOException {
        lines = Files.readAllLines(prepare(WordNetCorpus.SIZE));
        for (String line : lines) {
            documents.add(JSON.readTree(line));
        }
    }

    @Test
    void holdsEveryNounMeaningOnce() {
        Set<String> ids = new HashSet<>();
        for (JsonNode document : documents) {
            ids.add(document.path("id").textValue());
            assertThat(document.size()).isEqualTo(3);
            assertThat(document.path("id").textValue()).matches("wn31-n-[0-9]{8}");
            assertThat(document.path("title").textValue()).isNotBlank().doesNotContain("_");
            assertThat(text(document))
                    .matches(
                            "(?is)((A|An) )?"
                                    + Pattern.quote(document.path("title").textValue())
                                    + " is .*")
                    .endsWith(".")
                    .doesNotContain(" | ", "_0", "  ", "etc..", ":.");
        }
        assertThat(ids).hasSize(WordNetCorpus.SIZE);
    }

    @Test
    void readsAsProse() {
        assertThat(text(documents.get(0)))
                .isEqualTo(
                        "A person is a human being. Also called individual, someone, somebody,"
                            + " mortal or soul. For example: \"there was too much for one person to"
                            + " do\".");
    }

    @Test
    void putsEverydayMeaningsFirst() {
        assertThat(position("person")).isZero();
        assertThat(position("river")).isLessThan(1_000);
        assertThat(position("dragon")).isLessThan(10_000);
        assertThat(position("Giraudoux")).isGreaterThan(40_000);
    }

    @Test
    void takesTheFirstOfTheSameOrder() throws IOException {
        assertThat(Files.readAllLines(prepare(500))).isEqualTo(lines.subList(0, 500));
    }

    @Test
    void keepsTheLicenceBesideTheText() throws IOException {
        assertThat(prepare(500).resolveSibling("LICENSE-WordNet.txt"))
                .content()
                .startsWith("This software and database is being provided to you")
                .contains("WordNet 3.1 Copyright 2011 by Princeton University.");
    }

    @Test
    void definesWhatTheQuickstartAsksAbout() throws IOException {
        List<String> subjects =
                List.of(
                        "volcano",
                        "windmill",
                        "glacier",
                        "umbrella",
                        "rainbow",
                        "anchor",
                        "honey",
                        "castle",
                        "bicycle",
                        "telescope",
                        "island",
                        "waterfall",
                        "piano",
                        "astronomer",
                        "dragon",
                        "thunder",
                        "diamond",
                        "whale",
                        "librarian",
                        "squirrel",
                        "bridge",
                        "sculptor",
                        "violin",
                        "candle");
        List<QuickstartQuestions.Question> questions = QuickstartQuestions.load();

        for (int i = 0; i < questions.size(); i++) {
            String subject = subjects.get(i);
            assertThat(questions.get(i).prompt()).containsIgnoringCase(subject);
            Pattern defined =
                    Pattern.compile(
                            "^((A|An) )?%1$s is |Also called (.*, |.* or )?%1$s( or |, |\\.)"
                                    .formatted(subject),
                            Pattern.CASE_INSENSITIVE);
            assertThat(documents.subList(0, 20_000))
                    .as(subject)
                    .anyMatch(document -> defined.matcher(text(document)).find());
        }
    }

    @Test
    void refusesLimitsOutOfRange() {
        assertThatThrownBy(() -> new WordNetCorpus(0))
                .hasMessage("`limit` must be in [1, 82192] (got 0)");
        assertThatThrownBy(() -> new WordNetCorpus(82_193))
                .hasMessage("`limit` must be in [1, 82192] (got 82193)");
    }

    private Path prepare(int limit) throws IOException {
        return new WordNetCorpus(limit).prepare(TestAssets.packages(cache), ProgressListener.NONE);
    }

    private static String text(JsonNode document) {
        return document.path("text").textValue();
    }

    private int position(String title) {
        for (int i = 0; i < documents.size(); i++) {
            if (documents.get(i).path("title").textValue().equals(title)) {
                return i;
            }
        }
        throw new AssertionError("No document has the title " + title);
    }
}
