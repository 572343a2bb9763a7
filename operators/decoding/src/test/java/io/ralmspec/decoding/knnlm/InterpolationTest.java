package io.ralmspec.decoding.knnlm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.ralmspec.decoding.Sampling;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Mixtures by hand: a model with four tokens, of which it excludes the last. */
class InterpolationTest {
    private static final float[] MODEL = logs(0.5, 0.25, 0.25, 0);

    /** Distances 1, 1 + ln 2, 1 + ln 4: weights 1, 1/2, 1/4 of 7/4. */
    private static final Neighbours NEAR =
            near(new double[] {1, 1 + Math.log(2), 1 + Math.log(4)}, 2, 1, 2);

    @Test
    void sumsTheSharesOfATokensNeighbours() {
        Interpolation mixture = new Interpolation(0.25, 1);
        assertThat(mixture.probability(MODEL, NEAR, 0)).isCloseTo(0.375, within(1e-7));
        assertThat(mixture.probability(MODEL, NEAR, 1))
                .isCloseTo(0.25 * 2 / 7 + 0.75 * 0.25, within(1e-7));
        assertThat(mixture.probability(MODEL, NEAR, 2))
                .isCloseTo(0.25 * 5 / 7 + 0.75 * 0.25, within(1e-7));
        assertThat(mixture.probability(MODEL, NEAR, 3)).isZero();
        // 0.375 against 0.366, and against 0.554 if the neighbours weigh more.
        assertThat(greedy(mixture, MODEL, NEAR)).isZero();
        assertThat(greedy(new Interpolation(0.5, 1), MODEL, NEAR)).isEqualTo(2);
    }

    @Test
    void theTemperatureDividesDistances() {
        Interpolation mixture = new Interpolation(1, 0.5);
        // Weights 1, 1/4, 1/16.
        assertThat(mixture.probability(MODEL, NEAR, 1)).isCloseTo(4.0 / 21, within(1e-7));
        assertThat(mixture.probability(MODEL, NEAR, 2)).isCloseTo(17.0 / 21, within(1e-7));
    }

    @Test
    void lambda0IsTheModelAndLambda1TheNeighbours() {
        Interpolation model = new Interpolation(0, 1);
        assertThat(model.probability(MODEL, NEAR, 2)).isCloseTo(0.25, within(1e-7));
        assertThat(greedy(model, MODEL, NEAR)).isZero();
        Interpolation neighbours = new Interpolation(1, 1);
        assertThat(neighbours.probability(MODEL, NEAR, 0)).isZero();
        assertThat(greedy(neighbours, MODEL, NEAR)).isEqualTo(2);
        for (int position = 0; position < 200; position++) {
            assertThat(draw(model, MODEL, NEAR, position)).isLessThan(3);
            assertThat(draw(neighbours, MODEL, NEAR, position)).isIn(1, 2);
        }
    }

    @Test
    void withoutNeighboursThereIsOnlyTheModel() {
        for (double lambda : new double[] {0, 0.25, 1}) {
            Interpolation mixture = new Interpolation(lambda, 1);
            assertThat(mixture.probability(MODEL, Neighbours.NONE, 0)).isCloseTo(0.5, within(1e-7));
            assertThat(greedy(mixture, MODEL, Neighbours.NONE)).isZero();
            assertThat(draw(mixture, MODEL, Neighbours.NONE, 3))
                    .isEqualTo(draw(new Interpolation(0, 1), MODEL, NEAR, 3));
        }
    }

    @Test
    void neighboursCanSayWhatTheModelExcludes() {
        Neighbours excluded = near(new double[] {0}, 3);
        assertThat(new Interpolation(0.25, 1).probability(MODEL, excluded, 3)).isEqualTo(0.25);
        assertThat(greedy(new Interpolation(0.9, 1), MODEL, excluded)).isEqualTo(3);
    }

    @Test
    void ofEqualTokensTheSmallestWins() {
        Interpolation half = new Interpolation(0.5, 1);
        float[] even = logs(0.25, 0.25, 0.25, 0.25);
        assertThat(greedy(half, even, Neighbours.NONE)).isZero();
        assertThat(greedy(half, even, near(new double[] {2, 2}, 3, 1))).isEqualTo(1);
        float[] uneven = logs(0.5, 0, 0.5, 0);
        assertThat(greedy(half, uneven, near(new double[] {0, 0}, 2, 0))).isZero();
        // 0.5 * 1 + 0.5 * 0 = 0.5 * 0 + 0.5 * 1
        float[] certain = logs(0, 0, 1, 0);
        assertThat(greedy(half, certain, near(new double[] {0}, 1))).isEqualTo(1);
        assertThat(greedy(half, certain, near(new double[] {0}, 3))).isEqualTo(2);
    }

    @Test
    void onlyDifferencesOfDistancesMatterHoweverLargeTheyAre() {
        Interpolation mixture = new Interpolation(1, 1);
        Neighbours far = near(new double[] {1e30, 1e30, 3e38}, 1, 2, 3);
        assertThat(mixture.probability(MODEL, far, 1)).isEqualTo(0.5);
        assertThat(mixture.probability(MODEL, far, 2)).isEqualTo(0.5);
        assertThat(mixture.probability(MODEL, far, 3)).isZero();
        assertThat(greedy(mixture, MODEL, far)).isEqualTo(1);
        assertThat(draw(mixture, MODEL, far, 1)).isIn(1, 2);
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.POSITIVE_INFINITY, Float.NaN})
    void aDistanceThatIsNotFiniteIsRefused(float distance) {
        Neighbours broken =
                new Neighbours(new int[] {0, 1}, new float[] {1, distance}, new int[] {1, 2});
        assertThatThrownBy(() -> greedy(new Interpolation(0.25, 1), MODEL, broken))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("`distance` must be finite")
                .hasMessageContaining("(got " + distance + ")");
        Neighbours allBroken = new Neighbours(new int[] {0}, new float[] {distance}, new int[] {1});
        assertThatThrownBy(() -> draw(new Interpolation(0.25, 1), MODEL, allBroken, 0))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 4})
    void aTokenThatTheModelDoesNotHaveIsRefused(int token) {
        Neighbours foreign = near(new double[] {0}, token);
        assertThatThrownBy(() -> greedy(new Interpolation(0.25, 1), MODEL, foreign))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "`datastore token` must be in [0, 4): build the datastore with this model"
                                + " (got %d)",
                        token);
    }

    @Test
    void aModelThatSaysNothingIsRefused() {
        float[] broken = {Float.NaN, Float.NaN};
        Interpolation mixture = new Interpolation(0.25, 1);
        assertThatThrownBy(() -> greedy(mixture, broken, Neighbours.NONE))
                .hasMessageContaining("the model is broken");
        assertThatThrownBy(() -> draw(mixture, broken, Neighbours.NONE, 0))
                .hasMessageContaining("the model is broken");
    }

    @Test
    void drawsAreAsFrequentAsTheyAreProbable() {
        Interpolation mixture = new Interpolation(0.25, 1);
        int[] counts = new int[4];
        for (int position = 0; position < 20_000; position++) {
            counts[draw(mixture, MODEL, NEAR, position)]++;
        }
        for (int token = 0; token < 4; token++) {
            double p = mixture.probability(MODEL, NEAR, token);
            assertThat(counts[token] / 20_000.0).isCloseTo(p, within(0.012));
        }
    }

    @Test
    void topPCutsTheMixtureNotItsParts() {
        // p = 0.375, 0.259, 0.366: the two largest reach 0.7.
        Interpolation mixture = new Interpolation(0.25, 1);
        Sampling nucleus = new Sampling(1, 0.7, 11);
        for (int position = 0; position < 500; position++) {
            assertThat(mixture.choose(MODEL, NEAR, nucleus, position)).isIn(0, 2);
        }
    }

    private static int greedy(Interpolation mixture, float[] model, Neighbours near) {
        return mixture.choose(model, near, Sampling.GREEDY, 7);
    }

    private static int draw(Interpolation mixture, float[] model, Neighbours near, int position) {
        return mixture.choose(model, near, new Sampling(1, 1, 42), position);
    }

    private static float[] logs(double... probabilities) {
        float[] logs = new float[probabilities.length];
        for (int i = 0; i < logs.length; i++) {
            logs[i] = (float) Math.log(probabilities[i]);
        }
        return logs;
    }

    private static Neighbours near(double[] distances, int... tokens) {
        float[] floats = new float[distances.length];
        int[] positions = new int[distances.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) distances[i];
            positions[i] = i;
        }
        return new Neighbours(positions, floats, tokens);
    }
}
