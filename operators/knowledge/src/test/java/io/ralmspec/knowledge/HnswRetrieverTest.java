package io.ralmspec.knowledge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ralmspec.decoding.Hits;
import io.ralmspec.decoding.Query;
import io.ralmspec.decoding.Retriever;
import io.ralmspec.decoding.RetrieverKind;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class HnswRetrieverTest extends RetrieverContract {
    @Override
    RetrieverKind kind() {
        return RetrieverKind.HNSW;
    }

    @Test
    void findsNearlyAllOfTheBestDocuments() {
        Random random = Seeds.random();
        int documents = 5000;
        try (FileKnowledgeBase base = index(Corpus.random(random, documents))) {
            Retriever retriever = base.retriever(kind());
            List<Query> queries = queries(random, 100);
            int found = 0;
            int wanted = 0;
            for (Query query : queries) {
                Hits best = byScoringAll(retriever, query, documents, 10);
                int[] hits = retriever.search(List.of(query), 10).get(0).documents();
                found +=
                        (int)
                                Arrays.stream(best.documents())
                                        .filter(d -> IntStream.of(hits).anyMatch(hit -> hit == d))
                                        .count();
                wanted += best.size();
            }
            assertThat((double) found / wanted).isGreaterThan(0.9);
        }
    }

    @Test
    void scoresAsExactSearchDoesToTheBit() {
        Random random = Seeds.random();
        List<Passage> passages = Corpus.random(random, 700);
        KnowledgeOptions options = new KnowledgeOptions(2, 128);
        try (FileKnowledgeBase base =
                Corpus.index(
                        directory,
                        passages,
                        ENCODER,
                        options,
                        RetrieverKind.EXACT,
                        RetrieverKind.HNSW)) {
            for (Query query : queries(random, 20)) {
                Hits hits = base.retriever(RetrieverKind.HNSW).search(List.of(query), 128).get(0);
                assertThat(hits.size()).isEqualTo(128);
                assertThat(
                                bits(
                                        base.retriever(RetrieverKind.EXACT)
                                                .scores(query, hits.documents())))
                        .isEqualTo(bits(hits.scores()));
            }
        }
    }

    @Test
    void refusesToReturnMoreThanItLooksAt() {
        try (FileKnowledgeBase base = index(Corpus.random(Seeds.random(), 3))) {
            assertThatThrownBy(() -> base.retriever(kind()).search(List.of(query("w1")), 65))
                    .hasMessage("`top_n` must be <= the option ef_search, 64 (got 65)");
        }
    }
}
