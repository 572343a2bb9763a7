package io.ralmspec.decoding.knnlm;

import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.KnnParameters;
import io.ralmspec.decoding.ModelProfile;
import io.ralmspec.decoding.Sampling;
import io.ralmspec.decoding.ScriptedTokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The model's side, on a model that says the last token plus one, and on neighbours by hand. */
class KnnStepsTest {
    private static final BooleanSupplier NEVER = () -> false;
    private static final int END = 0;
    private static final KnnParameters HALF = new KnnParameters(0.6, 1, 2, 10, 8, 100);

    private final CountingModel model = new CountingModel();
    private final ByPosition datastore = new ByPosition();
    private final KnnSteps steps = new KnnSteps(model, datastore, new ScriptedTokenizer(), 1 << 20);

    @Test
    void anEmptyCacheLeavesTheGuessToTheModel() {
        KnnEvent.Speculated guessed = speculate(new int[] {4}, new int[0], 3);
        assertThat(guessed.epoch()).isEqualTo(9);
        assertThat(guessed.tokens()).containsExactly(5, 6, 7);
        assertThat(guessed.keys()).extracting(key -> (int) key[0]).containsExactly(4, 5, 6);
        assertThat(datastore.asked).isEmpty();
    }

    @Test
    void guessesFromAsManyEntriesAsThereAre() {
        // One entry, although the request asks for two neighbours: it has all of their weight.
        assertThat(speculate(new int[] {4}, new int[] {30}, 1).tokens()).containsExactly(30);
        assertThat(datastore.asked).containsExactly(1);
        speculate(new int[] {4}, new int[] {30, 31, 32}, 1);
        assertThat(datastore.asked).containsExactly(1, 2);
    }

    @Test
    void guessesTheWholeSpeculationFromOneCache() {
        KnnEvent.Speculated guessed = speculate(new int[] {4}, new int[] {30}, 3);
        assertThat(guessed.tokens()).containsExactly(30, 30, 30);
        assertThat(guessed.keys()).extracting(key -> (int) key[0]).containsExactly(4, 30, 30);
    }

    @Test
    void endsWithAnEndToken() {
        assertThat(speculate(new int[] {4}, new int[] {END}, 3).tokens()).containsExactly(END);
    }

    @Test
    void goesOnBehindDrafts() {
        KnnContext context =
                new KnnContext("a", new int[] {4}, new int[] {5, 9}, Sampling.GREEDY, HALF);
        KnnCommand.Speculate command = new KnnCommand.Speculate(9, context, new int[0], 2);
        assertThat(command.depth()).isEqualTo(2);
        assertThat(steps.speculate(command, NEVER).tokens()).containsExactly(10, 11);
    }

    @Test
    void isStoppedBetweenTokens() {
        KnnContext context = new KnnContext("a", new int[] {4}, new int[0], Sampling.GREEDY, HALF);
        for (int stopAfter = 0; stopAfter < 3; stopAfter++) {
            AtomicInteger left = new AtomicInteger(stopAfter);
            KnnEvent.Speculated guessed =
                    steps.speculate(
                            new KnnCommand.Speculate(9, context, new int[0], 3),
                            () -> left.getAndDecrement() == 0);
            assertThat(guessed.tokens()).hasSize(stopAfter);
            assertThat(guessed.keys()).hasSize(stopAfter);
        }
    }

    @Test
    void settlesUpToTheFirstDraftThatIsNotTheTruth() {
        speculate(new int[] {4}, new int[0], 4);
        int runs = model.runs;
        // Neighbours decide, with 0.6 of the weight: the third says 40 where the draft is 7.
        assertThat(settle(new int[] {5, 6, 7, 8}, 5, 6, 40, 8).tokens()).containsExactly(5, 6, 40);
        assertThat(model.runs).as("states are kept").isEqualTo(runs);
    }

    @Test
    void settlesAllDraftsThatAreTheTruthWhateverTheirNeighbours() {
        speculate(new int[] {4}, new int[0], 2);
        // Two neighbours of one distance share the weight, so the model decides.
        Neighbours two = near(40, 41);
        KnnCommand.Settle command =
                new KnnCommand.Settle(8, context(new int[] {5, 6}), List.of(two, two));
        assertThat(steps.settle(command).tokens()).containsExactly(5, 6);
    }

    @Test
    void aLostStateIsComputedAgain() {
        speculate(new int[] {4}, new int[0], 3);
        KnnSteps restarted = new KnnSteps(model, datastore, new ScriptedTokenizer(), 0);
        KnnCommand.Settle command =
                new KnnCommand.Settle(
                        8, context(new int[] {5, 6, 7}), List.of(near(5), near(40), near(7)));
        int runs = model.runs;
        assertThat(restarted.settle(command).tokens()).containsExactly(5, 40);
        assertThat(model.runs).as("up to the first wrong one only").isEqualTo(runs + 2);
    }

    @Test
    void afterACorrectionItGoesOnFromTheTrueToken() {
        speculate(new int[] {4}, new int[0], 3);
        assertThat(settle(new int[] {5, 6, 7}, 5, 40, 7).tokens()).containsExactly(5, 40);
        assertThat(speculate(new int[] {4, 5, 40}, new int[0], 2).tokens()).containsExactly(41, 42);
    }

    @Test
    void releasesAll() {
        speculate(new int[] {4}, new int[0], 3);
        steps.release("a");
        assertThat(model.released).containsExactly("a");
        int runs = model.runs;
        speculate(new int[] {4}, new int[0], 1);
        assertThat(model.runs).isEqualTo(runs + 1);
    }

    @Test
    void preparesThePrompt() {
        KnnEvent.Prepared prepared = steps.prepare(new KnnCommand.Prepare(3, "a", "one two"));
        assertThat(prepared.epoch()).isEqualTo(3);
        assertThat(prepared.promptTokens()).isEqualTo(new ScriptedTokenizer().encode("one two"));
        assertThat(prepared.timed(1.5).seconds()).isEqualTo(1.5);
    }

    private KnnEvent.Speculated speculate(int[] verified, int[] cache, int count) {
        KnnContext context = new KnnContext("a", verified, new int[0], Sampling.GREEDY, HALF);
        return steps.speculate(new KnnCommand.Speculate(9, context, cache, count), NEVER);
    }

    /** With one neighbour per draft, of which this is the token. */
    private KnnEvent.Settled settle(int[] drafts, int... tokens) {
        List<Neighbours> neighbours = IntStream.of(tokens).mapToObj(KnnStepsTest::near).toList();
        return steps.settle(new KnnCommand.Settle(8, context(drafts), neighbours));
    }

    private static KnnContext context(int[] drafts) {
        return new KnnContext("a", new int[] {4}, drafts, Sampling.GREEDY, HALF);
    }

    private static Neighbours near(int... tokens) {
        return new Neighbours(new int[tokens.length], new float[tokens.length], tokens);
    }

    /** Certain of the last token plus one; the key is the last token. */
    private static final class CountingModel implements KeyedLanguageModel {
        final List<String> released = new ArrayList<>();
        int runs;

        @Override
        public ModelProfile profile() {
            return new ModelProfile(100, 1, List.of(END));
        }

        @Override
        public TokenState state(String sequence, int[] tokens) {
            runs++;
            int last = tokens[tokens.length - 1];
            float[] logProbabilities = new float[ScriptedTokenizer.VOCABULARY];
            Arrays.fill(logProbabilities, Float.NEGATIVE_INFINITY);
            logProbabilities[last + 1] = 0;
            return new TokenState(new float[] {last}, logProbabilities);
        }

        @Override
        public void release(String sequence) {
            released.add(sequence);
        }

        @Override
        public void close() {}
    }

    /** The token after position p is p. All distances are 0. */
    private static final class ByPosition implements Datastore {
        final List<Integer> asked = new ArrayList<>();

        @Override
        public Neighbours nearest(float[] key, int[] positions, int k) {
            asked.add(k);
            int[] found = Arrays.copyOf(positions, k);
            return new Neighbours(found, new float[k], found);
        }

        @Override
        public List<Neighbours> search(List<float[]> keys, int k, SearchKind kind) {
            throw new AssertionError("the model's worker never searches");
        }

        @Override
        public int largestCount(int k, SearchKind kind) {
            return k;
        }

        @Override
        public int token(int position) {
            return position;
        }

        @Override
        public int size() {
            return 100;
        }

        @Override
        public int dimension() {
            return 1;
        }

        @Override
        public boolean has(SearchKind kind) {
            return true;
        }

        @Override
        public String fingerprint() {
            return "by-position";
        }

        @Override
        public void close() {}
    }
}
