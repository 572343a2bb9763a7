package io.ralmspec.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ralmspec.decoding.Sampling;
import io.ralmspec.decoding.knnlm.Interpolation;
import io.ralmspec.decoding.knnlm.Neighbours;
import io.ralmspec.decoding.knnlm.SearchKind;
import io.ralmspec.decoding.knnlm.TokenState;
import io.ralmspec.knowledge.BuildListener;
import io.ralmspec.knowledge.DatastoreBuilder;
import io.ralmspec.knowledge.DatastoreSettings;
import io.ralmspec.knowledge.FileDatastore;
import io.ralmspec.knowledge.KnowledgeOptions;
import io.ralmspec.model.Device;
import io.ralmspec.model.ModelOptions;
import io.ralmspec.model.OnnxKeyedLanguageModel;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Model, datastore and search against an independent KNN-LM in NumPy (src/test/python,
 * knnlm_reference.py), which ran the same weights in the other kind of graph.
 */
class KnnReferenceTest {
    /** Keys of the two graphs differ by some 1e-6; distances here are 20 to 80. */
    private static final double DISTANCE = 5e-4;

    /** Of a probability's logarithm. */
    private static final double LOGARITHM = 1e-4;

    @TempDir static Path directory;

    private static JsonNode reference;
    private static OnnxKeyedLanguageModel model;
    private static FileDatastore store;

    @BeforeAll
    static void build() throws IOException, URISyntaxException {
        try (InputStream in = resource("knnlm-reference.json").openStream()) {
            reference = new ObjectMapper().readTree(in);
        }
        model =
                OnnxKeyedLanguageModel.open(
                        TinyModels.model("gpt2-shared"),
                        new ModelOptions(2, 0, 0, 1 << 22, Device.CPU, 1));
        Path corpus = Path.of(resource("knnlm-corpus.jsonl").toURI());
        DatastoreSettings settings =
                DatastoreSettings.of(corpus, directory.resolve("store"))
                        .withWindow(
                                new DatastoreSettings.Window(
                                        reference.get("window").intValue(),
                                        reference.get("left").intValue()));
        new DatastoreBuilder(settings, model.tokenizer(), model, BuildListener.SILENT).build();
        store =
                FileDatastore.open(settings.target(), new KnowledgeOptions(2, 64))
                        .requireModel(model.fingerprint());
    }

    @AfterAll
    static void close() {
        store.close();
        model.close();
    }

    private static URL resource(String name) {
        return Objects.requireNonNull(KnnReferenceTest.class.getResource(name), name);
    }

    private static int[] ints(JsonNode array) {
        return IntStream.range(0, array.size()).map(i -> array.get(i).intValue()).toArray();
    }

    @Test
    void everyEntryHasTheTokenThatFollowed() {
        int[] values = ints(reference.get("values"));
        assertThat(store.size()).isEqualTo(values.length).isEqualTo(3533);
        int[] all = IntStream.range(0, values.length).toArray();
        Neighbours found = store.nearest(new float[store.dimension()], all, values.length);
        for (int i = 0; i < found.size(); i++) {
            assertThat(found.tokens()[i]).isEqualTo(values[found.positions()[i]]);
        }
    }

    @Test
    void neighboursAreThoseOfTheReference() {
        int[] text = ints(reference.get("evaluated"));
        int compared = 0;
        for (int i = 1; i < text.length; i++) {
            TokenState state = model.state("eval", Arrays.copyOf(text, i));
            for (JsonNode expected : reference.get("positions").get(i - 1).get("neighbours")) {
                int k = expected.get("k").intValue();
                Neighbours found =
                        store.search(List.of(state.key()), k, SearchKind.EXACT).getFirst();
                assertThat(found.size()).isEqualTo(k);
                int[] positions = ints(expected.get("positions"));
                for (int n = 0; n < positions.length; n++) {
                    double distance = expected.get("distances").get(n).doubleValue();
                    assertThat((double) found.distances()[n]).isCloseTo(distance, within(DISTANCE));
                    // Where two are as near as rounding can tell, either may come first.
                    if (apart(expected.get("distances"), n)) {
                        assertThat(found.positions()[n]).isEqualTo(positions[n]);
                        assertThat(found.tokens()[n])
                                .isEqualTo(expected.get("values").get(n).intValue());
                        compared++;
                    }
                }
            }
        }
        assertThat(compared).isGreaterThan(850);
    }

    private static boolean apart(JsonNode distances, int n) {
        double own = distances.get(n).doubleValue();
        boolean before = n == 0 || own - distances.get(n - 1).doubleValue() > 2 * DISTANCE;
        boolean last = n + 1 == distances.size();
        return before && !last && distances.get(n + 1).doubleValue() - own > 2 * DISTANCE
                || distances.size() == 1;
    }

    @Test
    void theModelsProbabilitiesAndPerplexityAreThoseOfTheReference() {
        int[] text = ints(reference.get("evaluated"));
        double sum = 0;
        for (int i = 1; i < text.length; i++) {
            float[] logarithms = model.state("eval", Arrays.copyOf(text, i)).logProbabilities();
            double expected =
                    reference.get("positions").get(i - 1).get("modelProbability").doubleValue();
            assertThat((double) logarithms[text[i]])
                    .isCloseTo(Math.log(expected), within(LOGARITHM));
            sum -= logarithms[text[i]];
        }
        double perplexity = Math.exp(sum / (text.length - 1));
        double expected = reference.get("perplexity").get("model").doubleValue();
        assertThat(perplexity).isCloseTo(expected, within(expected * LOGARITHM));
    }

    @Test
    void mixturesAndTheirPerplexityAreThoseOfTheReference() {
        int[] text = ints(reference.get("evaluated"));
        Map<Integer, Double> sums = new TreeMap<>();
        for (int i = 1; i < text.length; i++) {
            TokenState state = model.state("eval", Arrays.copyOf(text, i));
            for (JsonNode expected : reference.get("positions").get(i - 1).get("neighbours")) {
                int k = expected.get("k").intValue();
                Neighbours found =
                        store.search(List.of(state.key()), k, SearchKind.EXACT).getFirst();
                Interpolation alone =
                        new Interpolation(1, reference.get("temperature").doubleValue());
                double knn = alone.probability(state.logProbabilities(), found, text[i]);
                assertThat(knn)
                        .isCloseTo(expected.get("knnProbability").doubleValue(), within(LOGARITHM));
                double p = mixture().probability(state.logProbabilities(), found, text[i]);
                double wanted = expected.get("probability").doubleValue();
                assertThat(p).isCloseTo(wanted, within(wanted * 3 * LOGARITHM));
                sums.merge(k, -Math.log(p), Double::sum);
            }
        }
        assertThat(sums).containsOnlyKeys(1, 8, 32);
        sums.forEach(
                (k, sum) -> {
                    double wanted =
                            reference.get("perplexity").get(Integer.toString(k)).doubleValue();
                    assertThat(Math.exp(sum / (text.length - 1)))
                            .isCloseTo(wanted, within(wanted * LOGARITHM));
                });
    }

    @Test
    void greedyTokensAreThoseOfTheReference() {
        int compared = 0;
        for (JsonNode expected : reference.get("generated")) {
            int k = expected.get("k").intValue();
            int[] tokens = model.tokenizer().encode(expected.get("prompt").textValue());
            for (int token : ints(expected.get("tokens"))) {
                TokenState state = model.state("greedy", tokens);
                Neighbours found =
                        store.search(List.of(state.key()), k, SearchKind.EXACT).getFirst();
                int chosen =
                        mixture()
                                .choose(
                                        state.logProbabilities(),
                                        found,
                                        Sampling.GREEDY,
                                        tokens.length);
                assertThat(chosen).as("k %d, token %d", k, tokens.length).isEqualTo(token);
                tokens = IntStream.concat(Arrays.stream(tokens), IntStream.of(token)).toArray();
                compared++;
            }
        }
        assertThat(compared).isEqualTo(9 * 16);
    }

    private static Interpolation mixture() {
        return new Interpolation(
                reference.get("lambda").doubleValue(), reference.get("temperature").doubleValue());
    }
}
