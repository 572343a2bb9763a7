package io.ralmspec.decoding.knnlm;

import static org.assertj.core.api.Assertions.assertThat;

import io.ralmspec.decoding.Hash;
import io.ralmspec.decoding.ScriptedTokenizer;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DraftStatesTest {
    /** Of one scripted state. */
    private static final long STATE_BYTES =
            Float.BYTES * (ScriptedCorpus.DIMENSION + ScriptedTokenizer.VOCABULARY);

    private final ScriptedKeyedLanguageModel model =
            new ScriptedKeyedLanguageModel(new ScriptedCorpus(1, 10), 100, 0, 0);

    @Test
    void aStateIsComputedOnce() {
        DraftStates states = new DraftStates(model, 1 << 20);
        TokenState state = states.state("a", new int[] {1, 2});
        states.state("a", new int[] {1, 2, 3});
        assertThat(states.state("a", new int[] {1, 2})).isSameAs(state);
        assertThat(model.runs()).isEqualTo(2);
        assertThat(states.bytes()).isEqualTo(2 * STATE_BYTES);
    }

    @Test
    void anotherTokenDropsTheStatesBehindIt() {
        DraftStates states = new DraftStates(model, 1 << 20);
        TokenState shared = states.state("a", new int[] {1, 2});
        TokenState wrong = states.state("a", new int[] {1, 2, 3});
        states.state("a", new int[] {1, 2, 3, 4});
        TokenState right = states.state("a", new int[] {1, 2, 9});
        assertThat(right.logProbabilities()).isNotEqualTo(wrong.logProbabilities());
        assertThat(states.bytes()).isEqualTo(2 * STATE_BYTES);
        assertThat(states.state("a", new int[] {1, 2})).isSameAs(shared);
    }

    @Test
    void forgetsWhatIsSettledAndWhatIsReleased() {
        DraftStates states = new DraftStates(model, 1 << 20);
        states.state("a", new int[] {1, 2});
        states.state("a", new int[] {1, 2, 3});
        TokenState ahead = states.state("a", new int[] {1, 2, 3, 4});
        states.forget("a", 4);
        assertThat(states.bytes()).isEqualTo(STATE_BYTES);
        assertThat(states.state("a", new int[] {1, 2, 3, 4})).isSameAs(ahead);
        states.forget("a", 5);
        assertThat(states.bytes()).isZero();
        states.state("a", new int[] {1});
        states.release("a");
        assertThat(states.bytes()).isZero();
        states.release("unknown");
        states.forget("unknown", 3);
    }

    @Test
    void theSequenceThatWasNotUsedForTheLongestTimeGoesFirst() {
        DraftStates states = new DraftStates(model, 2 * STATE_BYTES);
        TokenState a = states.state("a", new int[] {1});
        states.state("b", new int[] {2});
        states.state("a", new int[] {1});
        states.state("c", new int[] {3});
        assertThat(states.state("a", new int[] {1})).isSameAs(a);
        int runs = model.runs();
        states.state("b", new int[] {2});
        assertThat(model.runs()).as("that of b was gone").isEqualTo(runs + 1);
    }

    @Test
    void theSequenceAtWorkKeepsItsOwnBeyondTheBound() {
        DraftStates states = new DraftStates(model, 0);
        TokenState first = states.state("a", new int[] {1});
        states.state("a", new int[] {1, 2});
        assertThat(states.state("a", new int[] {1})).isSameAs(first);
        states.state("b", new int[] {1});
        assertThat(states.bytes()).isEqualTo(STATE_BYTES);
    }

    /** Whatever was asked before, the state is that of the tokens, and the bound holds. */
    @Test
    void isAlwaysTheStateOfTheTokens() {
        long bound = 10 * STATE_BYTES;
        DraftStates states = new DraftStates(model, bound);
        Random random = new Random(5);
        for (int i = 0; i < 20_000; i++) {
            String sequence = "s" + random.nextInt(4);
            int[] tokens =
                    IntStream.range(0, 1 + random.nextInt(8))
                            .map(n -> 1 + Hash.below(2, n, random.nextInt(2)))
                            .toArray();
            TokenState expected = model.state(sequence, tokens);
            TokenState state = states.state(sequence, tokens);
            assertThat(state.logProbabilities()).isEqualTo(expected.logProbabilities());
            assertThat(state.key()).isEqualTo(expected.key());
            assertThat(states.bytes()).isBetween(STATE_BYTES, bound);
            if (random.nextInt(5) == 0) {
                states.forget(sequence, random.nextInt(9));
            }
        }
    }
}
