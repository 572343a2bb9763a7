package io.ralmspec.decoding;

import java.io.Serializable;

/**
 * Bounds of speculation, the same for all requests of a job.
 *
 * @param maxStride steps per verification at most, at least 1; while one is out, a request gathers
 *     at most as many again for the next
 * @param gammaMax largest probability of a right guess that the scheduler believes, in (0, 1)
 * @param window verifications that it looks back on, at least 1 (paper: w)
 */
public record StrideSettings(int maxStride, double gammaMax, int window) implements Serializable {
    /** Measured best; the paper's gammaMax of 0.6 is below what guesses reach. */
    public static final StrideSettings DEFAULT = new StrideSettings(32, 0.95, 5);

    public StrideSettings {
        Checks.require(maxStride >= 1, "speculation.max-stride", ">= 1", maxStride);
        Checks.require(
                gammaMax > 0 && gammaMax < 1, "speculation.gamma-max", "in (0, 1)", gammaMax);
        Checks.require(window >= 1, "speculation.window", ">= 1", window);
    }
}
