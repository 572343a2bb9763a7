package io.ralmspec.knowledge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ralmspec.decoding.Hits;
import io.ralmspec.decoding.Query;
import io.ralmspec.decoding.Retriever;
import io.ralmspec.decoding.RetrieverKind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Bm25RetrieverTest extends RetrieverContract {
    @Override
    RetrieverKind kind() {
        return RetrieverKind.BM25;
    }

    private static Query sparse(String text) {
        return new Query(text, new float[0]);
    }

    /** Over 1000 matches per query, so that Lucene starts to skip documents. */
    @Test
    void findsTheExactBestDocumentsAlthoughLuceneSkipsMost() {
        Random random = Seeds.random();
        int documents = 6000;
        try (FileKnowledgeBase base = index(Corpus.random(random, documents))) {
            Retriever retriever = base.retriever(kind());
            for (int round = 0; round < 30; round++) {
                String words = Corpus.words(random, 1 + random.nextInt(40));
                Query query = sparse(words + " nowhere w0 w0 w1");
                Hits best = byScoringAll(retriever, query, documents, 256);
                assertThat(best.size()).isEqualTo(256);
                for (int topN : new int[] {1, 5, 20, 256}) {
                    assertSame(
                            retriever.search(List.of(query), topN).get(0),
                            new Hits(
                                    Arrays.copyOf(best.documents(), topN),
                                    Arrays.copyOf(best.scores(), topN)));
                }
            }
        }
    }

    /** Any documents, in any order, some of them twice; a search for all has every score. */
    @Test
    void scoresThousandsOfDocumentsToTheBitAsASearchForAllDoes() {
        Random random = Seeds.random();
        int documents = 3000;
        try (FileKnowledgeBase base = index(Corpus.random(random, documents))) {
            Retriever retriever = base.retriever(kind());
            for (int round = 0; round < 40; round++) {
                String words = Corpus.words(random, 1 + random.nextInt(30));
                String rare = Corpus.words(random, 1);
                Query query =
                        sparse(
                                round % 2 == 0
                                        ? rare + " nowhere"
                                        : words + " nowhere the " + words + " nowhere " + rare);
                float[] expected = new float[documents];
                Arrays.fill(expected, Float.NEGATIVE_INFINITY);
                Hits all = retriever.search(List.of(query), documents).get(0);
                for (int i = 0; i < all.size(); i++) {
                    expected[all.documents()[i]] = all.scores()[i];
                }
                int[] wanted = random.ints(1 + random.nextInt(4000), 0, documents).toArray();
                float[] scores = retriever.scores(query, wanted);
                for (int i = 0; i < wanted.length; i++) {
                    assertThat(Float.floatToRawIntBits(scores[i]))
                            .isEqualTo(Float.floatToRawIntBits(expected[wanted[i]]));
                }
            }
        }
    }

    /** Few distinct terms are kept at a time; what is looked up again must weigh the same. */
    @Test
    void scoresAsBeforeAfterManyOtherTermsWereLookedUp() {
        Random random = Seeds.random();
        try (FileKnowledgeBase base = index(Corpus.random(random, 200))) {
            Retriever retriever = base.retriever(kind());
            int[] all = IntStream.range(0, 200).toArray();
            Query query = sparse("w0 w1 w1 w2 w30");
            int[] before = bits(retriever.scores(query, all));
            for (int i = 0; i < 40; i++) {
                int from = 500 * i;
                retriever.scores(
                        sparse(
                                IntStream.range(from, from + 500)
                                        .mapToObj(j -> "x" + j)
                                        .collect(Collectors.joining(" "))),
                        all);
            }
            assertThat(bits(retriever.scores(query, all))).isEqualTo(before);
        }
    }

    @Test
    void tellsApartTermsWithTheSameHash() {
        List<Passage> passages =
                List.of(
                        new Passage("a", "", "d1d1 d1bo d1bo"),
                        new Passage("b", "", "bobo bod1 filler"));
        try (FileKnowledgeBase base = index(passages)) {
            Retriever retriever = base.retriever(kind());
            for (String term : List.of("d1d1", "d1bo", "bobo", "bod1")) {
                Hits hits = retriever.search(List.of(sparse(term)), 2).get(0);
                assertThat(hits.size()).isEqualTo(1);
                float[] scores = retriever.scores(sparse(term), new int[] {0, 1});
                int found = hits.documents()[0];
                assertThat(scores[found]).isEqualTo(hits.scores()[0]);
                assertThat(scores[1 - found]).isEqualTo(Float.NEGATIVE_INFINITY);
            }
        }
    }

    @Test
    void rejectsDocumentsThatDoNotExist() {
        try (FileKnowledgeBase base = index(Corpus.random(Seeds.random(), 20))) {
            Retriever retriever = base.retriever(kind());
            for (String text : List.of("w0", "nowhere")) {
                assertThatThrownBy(() -> retriever.scores(sparse(text), new int[] {3, 20}))
                        .hasMessageContaining("20");
            }
        }
    }

    @Test
    void breaksTiesByDocumentAmongThousandsOfEqualOnes() {
        List<Passage> passages = new ArrayList<>();
        for (int i = 0; i < 5000; i++) {
            passages.add(new Passage("d" + i, "", i % 2 == 0 ? "alpha beta" : "gamma beta"));
        }
        try (FileKnowledgeBase base = index(passages)) {
            Retriever retriever = base.retriever(kind());
            for (int topN : new int[] {1, 7, 1500}) {
                assertThat(retriever.search(List.of(sparse("gamma beta")), topN).get(0).documents())
                        .isEqualTo(IntStream.range(0, topN).map(i -> 2 * i + 1).toArray());
                assertThat(retriever.search(List.of(sparse("beta")), topN).get(0).documents())
                        .isEqualTo(IntStream.range(0, topN).toArray());
            }
        }
    }

    @Test
    void weighsARepeatedTermAsOftenAsItOccurs() {
        try (FileKnowledgeBase base = index(Corpus.random(Seeds.random(), 200))) {
            Retriever retriever = base.retriever(kind());
            float once = retriever.search(List.of(sparse("w3")), 1).get(0).top().score();
            float thrice = retriever.search(List.of(sparse("w3 W3, w3")), 1).get(0).top().score();
            assertThat(thrice).isCloseTo(3 * once, Offset.offset(1e-5f));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "  ", "the of and", "nowhere", "?!"})
    void findsNothingWhereNoTermIsKnown(String text) {
        try (FileKnowledgeBase base = index(Corpus.random(Seeds.random(), 20))) {
            Retriever retriever = base.retriever(kind());
            assertThat(retriever.search(List.of(sparse(text)), 5)).containsExactly(Hits.EMPTY);
            assertThat(retriever.scores(sparse(text), new int[] {0, 1}))
                    .containsOnly(Float.NEGATIVE_INFINITY);
        }
    }

    @Test
    void scoresDocumentsWithoutACommonTermAsNegativeInfinity() {
        List<Passage> passages =
                List.of(new Passage("a", "", "apple"), new Passage("b", "", "banana"));
        try (FileKnowledgeBase base = index(passages)) {
            float[] scores = base.retriever(kind()).scores(sparse("apples"), new int[] {1, 0});
            assertThat(scores[0]).isEqualTo(Float.NEGATIVE_INFINITY);
            assertThat(scores[1]).isPositive();
        }
    }

    @Test
    void opensACorpusOfStopWordsAndFindsNothingInIt() {
        try (FileKnowledgeBase base = index(List.of(new Passage("a", "", "the of and")))) {
            assertThat(base.retriever(kind()).search(List.of(sparse("apple the")), 5))
                    .containsExactly(Hits.EMPTY);
            assertThat(base.retriever(kind()).scores(sparse("apple"), new int[] {0}))
                    .containsOnly(Float.NEGATIVE_INFINITY);
        }
    }

    @Test
    void keepsToTheTermsThatLuceneCanSearchAtOnce() {
        String text =
                IntStream.range(0, 5000).mapToObj(i -> "x" + i).collect(Collectors.joining(" "));
        try (FileKnowledgeBase base = index(List.of(new Passage("a", "", text)))) {
            Query query = sparse(text + " " + text);
            Hits hits = base.retriever(kind()).search(List.of(query), 1).get(0);
            assertThat(hits.documents()).containsExactly(0);
            assertThat(bits(base.retriever(kind()).scores(query, new int[] {0})))
                    .isEqualTo(bits(hits.scores()));
        }
    }

    /** If this fails after an update of Lucene, raise the number in {@link Bm25Text#ANALYZER}. */
    @Test
    void analyzesTextAsTheIndexesInUseWereBuilt() {
        String text =
                "The Kings' ponies weren't running U.S.-wide in 1984: café, naïve"
                        + " generalizations; ponies";
        assertThat(Bm25Text.terms(text, 100).toString())
                .isEqualTo(
                        "{king=1, poni=2, weren't=1, run=1, u.=1, wide=1, 1984=1, café=1, naïv=1,"
                                + " gener=1}");
        assertThat(Bm25Text.ANALYZER).isEqualTo("lucene-english-1");
    }
}
