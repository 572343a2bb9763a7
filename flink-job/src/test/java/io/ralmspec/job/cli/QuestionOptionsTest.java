package io.ralmspec.job.cli;

import static io.ralmspec.decoding.RetrieverKind.BM25;
import static io.ralmspec.decoding.RetrieverKind.EXACT;
import static io.ralmspec.decoding.RetrieverKind.HNSW;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.RetrieverKind;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

class QuestionOptionsTest {
    @Command
    private static final class Comparing {
        @Mixin QuestionOptions questions = new QuestionOptions();
    }

    @Test
    void withoutNamesItIsEveryRetrieverOfTheMode() {
        assertThat(retrievers(DecodingMode.SPECULATIVE)).containsExactly(EXACT, HNSW, BM25);
        assertThat(retrievers(DecodingMode.KNN_LM)).containsExactly(EXACT, HNSW);
    }

    @Test
    void namesAreTakenOnceAndInOrder() {
        assertThat(retrievers(DecodingMode.SPECULATIVE, "--retriever=bm25,exact,bm25"))
                .containsExactly(BM25, EXACT);
        assertThat(retrievers(DecodingMode.KNN_LM, "--retriever=hnsw")).containsExactly(HNSW);
    }

    @Test
    void whatTheModeDoesNotHaveIsRefused() {
        assertThatThrownBy(() -> retrievers(DecodingMode.KNN_LM, "--retriever=exact,bm25"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("--retriever must be exact or hnsw in mode knn-lm (got bm25)");
        assertThatThrownBy(() -> retrievers(DecodingMode.SPECULATIVE, "--retriever=google"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("--retriever must be exact, hnsw or bm25 (got google)");
    }

    @Test
    void aModeIsOneOfThoseThatTheCommandTakes() {
        assertThat(Modes.parse("knn-lm-baseline", any -> true))
                .isEqualTo(DecodingMode.KNN_LM_BASELINE);
        assertThat(Modes.parse("knn-lm", DecodingMode::speculative)).isEqualTo(DecodingMode.KNN_LM);
        assertThatThrownBy(() -> Modes.parse("baseline", DecodingMode::speculative))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("--mode must be one of speculative, knn-lm (got baseline)");
    }

    private static List<RetrieverKind> retrievers(DecodingMode mode, String... arguments) {
        List<String> all = new ArrayList<>(List.of("--questions=questions.jsonl"));
        all.addAll(List.of(arguments));
        return CommandLine.populateCommand(new Comparing(), all.toArray(String[]::new))
                .questions
                .retrievers(mode);
    }
}
