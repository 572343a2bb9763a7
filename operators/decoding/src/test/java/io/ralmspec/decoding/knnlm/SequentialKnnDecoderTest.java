package io.ralmspec.decoding.knnlm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.Counters;
import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.FinishReason;
import io.ralmspec.decoding.KnnParameters;
import io.ralmspec.decoding.ScriptedTokenizer;
import io.ralmspec.decoding.SpeculationPolicy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The oracle, against the same written down once more as naively as possible. */
class SequentialKnnDecoderTest {
    private static final int K = KnnParameters.DEFAULT.neighbours();

    private final ScriptedTokenizer tokenizer = new ScriptedTokenizer();

    @Test
    void eachTokenIsTheMostProbableOfTheMixture() {
        for (long seed = 1; seed <= 20; seed++) {
            ScriptedCorpus corpus = new ScriptedCorpus(seed, 50);
            var model = new ScriptedKeyedLanguageModel(corpus, 60, 20, 0);
            ScriptedDatastore datastore = new ScriptedDatastore(corpus, 0);
            Answer answer =
                    new SequentialKnnDecoder(model, datastore, tokenizer).decode(request(30));

            List<Integer> text = new ArrayList<>();
            Arrays.stream(tokenizer.encode("p")).forEach(text::add);
            int prompt = text.size();
            while (text.size() - prompt < answer.tokens().length) {
                text.add(naive(model, datastore, text));
            }
            assertThat(answer.tokens())
                    .containsExactly(
                            text.subList(prompt, text.size()).stream()
                                    .mapToInt(Integer::intValue)
                                    .toArray());
            boolean stopped = answer.finishReason() == FinishReason.STOP;
            assertThat(naive(model, datastore, text) == 0 || !stopped).isTrue();
            int steps = answer.tokens().length + (stopped ? 1 : 0);
            assertThat(answer.counters())
                    .isEqualTo(new Counters(0, 0, 0, 0, 0, 0, 0, 0, steps, steps, steps));
        }
    }

    private static int naive(
            KeyedLanguageModel model, ScriptedDatastore datastore, List<Integer> text) {
        int[] tokens = text.stream().mapToInt(Integer::intValue).toArray();
        TokenState state = model.state("naive", tokens);
        Neighbours near = datastore.search(List.of(state.key()), K, SearchKind.EXACT).getFirst();
        double[] p = new double[ScriptedTokenizer.VOCABULARY];
        double total = 0;
        for (int i = 0; i < near.size(); i++) {
            total += Math.exp(-near.distances()[i]);
        }
        for (int i = 0; i < near.size(); i++) {
            p[near.tokens()[i]] += 0.25 * Math.exp(-near.distances()[i]) / total;
        }
        int best = 0;
        for (int token = 0; token < p.length; token++) {
            p[token] += 0.75 * Math.exp(state.logProbabilities()[token]);
            // Sums that differ by less than this are ties that rounding broke.
            best = p[token] > p[best] + 1e-12 ? token : best;
        }
        return best;
    }

    @Test
    void aPromptThatDoesNotFitIsRefused() {
        ScriptedCorpus corpus = new ScriptedCorpus(1, 10);
        SequentialKnnDecoder decoder =
                new SequentialKnnDecoder(
                        new ScriptedKeyedLanguageModel(corpus, 2, 0, 0),
                        new ScriptedDatastore(corpus, 0),
                        tokenizer);
        assertThatThrownBy(() -> decoder.decode(request(5)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("`prompt` must be in [1, 0] tokens (got 1)");
    }

    private static DecodingRequest request(int maxTokens) {
        return KnnRequests.submitted(
                        "r",
                        maxTokens,
                        DecodingMode.KNN_LM_BASELINE,
                        SpeculationPolicy.PLAIN,
                        false)
                .request();
    }
}
