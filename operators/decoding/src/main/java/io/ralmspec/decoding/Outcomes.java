package io.ralmspec.decoding;

import java.util.Arrays;

/**
 * What became of the steps that the last verifications judged, newest last (paper section 4: the
 * window of the estimate of gamma).
 *
 * @param survived steps per verification that were kept
 * @param failed per verification, 1 if a step then changed or was dropped, else 0
 */
public record Outcomes(int[] survived, int[] failed) {
    public static final Outcomes NONE = new Outcomes(new int[0], new int[0]);

    /** A new verification; beyond {@code window} the oldest is forgotten. */
    public Outcomes next(int window) {
        int kept = Math.min(survived.length, window - 1);
        return new Outcomes(last(survived, kept), last(failed, kept));
    }

    /** The newest verification found this step right or wrong. */
    public Outcomes with(boolean right) {
        if (survived.length == 0) {
            return next(1).with(right);
        }
        int[] array = (right ? survived : failed).clone();
        array[array.length - 1]++;
        return right ? new Outcomes(array, failed) : new Outcomes(survived, array);
    }

    /**
     * The windowed maximum likelihood estimate of gamma, drawn towards {@code expected} with the
     * weight of {@code weight} steps, because a window holds few.
     */
    double gamma(double expected, double weight) {
        double right = Arrays.stream(survived).sum() + weight * expected;
        double all = Arrays.stream(survived).sum() + Arrays.stream(failed).sum() + weight;
        return right / all;
    }

    private static int[] last(int[] values, int kept) {
        int[] result = new int[kept + 1];
        System.arraycopy(values, values.length - kept, result, 0, kept);
        return result;
    }
}
