package io.ralmspec.decoding.knnlm;

import io.ralmspec.decoding.Checks;
import java.util.Arrays;

/**
 * The nearest entries of a datastore to one key: distance ascending, then position ascending;
 * possibly none.
 *
 * @param positions of the entries in corpus order, distinct, in [0, {@link Datastore#size})
 * @param distances {@code distances[i]} is the squared L2 distance of {@code positions[i]}, finite
 *     and at least 0
 * @param tokens {@code tokens[i]} is the token that followed in the corpus
 */
public record Neighbours(int[] positions, float[] distances, int[] tokens) {
    public static final Neighbours NONE = new Neighbours(new int[0], new float[0], new int[0]);

    public Neighbours {
        String bound = "as many as positions (" + positions.length + ")";
        Checks.require(positions.length == distances.length, "distances", bound, distances.length);
        Checks.require(positions.length == tokens.length, "tokens", bound, tokens.length);
    }

    /** Only the nearest. */
    Neighbours nearest(int count) {
        return count >= size()
                ? this
                : new Neighbours(
                        Arrays.copyOf(positions, count),
                        Arrays.copyOf(distances, count),
                        Arrays.copyOf(tokens, count));
    }

    public int size() {
        return positions.length;
    }
}
