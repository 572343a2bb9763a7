package io.ralmspec.decoding;

/**
 * OS3, the optimal speculation stride scheduler (paper section 4), for requests whose end is known
 * and for verification that runs while steps go on.
 *
 * <p>The first wrong guess among the lookups to come is number J, with P(J > n) = gamma^n, whatever
 * the stride. So the best stride is the one with which that guess, or the last of the L lookups
 * left, is found soonest. With a seconds per step and b(n) per verification of n lookups, that
 * takes
 *
 * <pre>
 * synchronous:   the sum over rounds m = 0, 1, ... while n m < L of
 *                gamma^(n m) (n a + b(n))
 * asynchronous:  n a + b(n) + the sum over m = 0, 1, ... while n + k m < L of
 *                gamma^(n + k m) max(a, b(k)),    k = max(1, b(k) / a) steps made meanwhile
 * </pre>
 *
 * seconds. Without an end (L infinite) the first is (1 - gamma) over the paper's objective, to be
 * made small where the paper makes its own large. The second replaces the paper's, which assumes
 * that exactly one step more is made while a verification is out.
 */
public final class StrideScheduler {
    /** Steps that the running average of gamma counts for beside those of the window. */
    private static final double PRIOR_STEPS = 4;

    /** Share of plain decoding's time that speculation must save to be worth its work. */
    private static final double LEAST_GAIN = 0.03;

    /** Steps' worth of time until a running step stops: it can do so only between tokens. */
    private static final double STOPPING = 0.1;

    private final StrideSettings settings;

    public StrideScheduler(StrideSettings settings) {
        this.settings = settings;
    }

    /**
     * Lookups to gather before they are verified, up to the settings' largest; 0 if nothing should
     * run before its document is verified.
     *
     * @param lookups that the request may still make, at least 1 (L)
     * @param async whether steps go on while a verification is out
     */
    public int stride(Estimates estimates, Outcomes outcomes, int lookups, boolean async) {
        if (!estimates.known()) {
            return 0;
        }
        double gamma =
                Math.min(outcomes.gamma(estimates.gamma(), PRIOR_STEPS), settings.gammaMax());
        int best = 0;
        double least = (1 - LEAST_GAIN) * synchronous(estimates, gamma, 1, lookups);
        for (int n = async ? 1 : 2; n <= Math.min(settings.maxStride(), lookups); n++) {
            double seconds =
                    async
                            ? asynchronous(estimates, gamma, n, lookups)
                            : synchronous(estimates, gamma, n, lookups);
            if (seconds < least) {
                best = n;
                least = seconds;
            }
        }
        return best;
    }

    private static double synchronous(Estimates estimates, double gamma, int n, int lookups) {
        double a = estimates.stepSeconds();
        int full = (lookups - 1) / n;
        int last = lookups - full * n;
        return geometric(Math.pow(gamma, n), full) * (n * a + estimates.callSeconds(n))
                + Math.pow(gamma, (double) n * full) * (last * a + estimates.callSeconds(last));
    }

    private double asynchronous(Estimates estimates, double gamma, int n, int lookups) {
        double a = estimates.stepSeconds();
        double k = Math.max(1, Math.min(estimates.callSeconds(1) / a, settings.maxStride()));
        double next = Math.max(a, estimates.callSeconds((int) Math.round(k)));
        double calls = Math.ceil((lookups - n) / k);
        return (n + STOPPING) * a
                + estimates.callSeconds(n)
                + Math.pow(gamma, n) * geometric(Math.pow(gamma, k), calls) * next;
    }

    /** 1 + q + ... + q^(terms - 1), for q in (0, 1). */
    private static double geometric(double q, double terms) {
        return (1 - Math.pow(q, terms)) / (1 - q);
    }
}
