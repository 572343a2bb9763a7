package io.ralmspec.decoding;

/**
 * OS3, the optimal speculation stride scheduler (paper section 4): the stride s that maximises the
 * expected number of verified steps per second. With probability gamma of a right guess, a round of
 * s steps yields
 *
 * <pre>E(s) = 1 + gamma + ... + gamma^(s-1) = (1 - gamma^s) / (1 - gamma)</pre>
 *
 * steps, and takes, with a seconds per step and b(s) per verification,
 *
 * <pre>
 * synchronous:   s a + b(s)
 * asynchronous:  gamma^s ((s-1) a + max(a, b(s))) + (1 - gamma^s) (s a + b(s))
 * </pre>
 *
 * Beyond the paper, b may grow with s, and a stride of 0 says that plain decoding is fastest.
 */
public final class StrideScheduler {
    /** Steps that the running average of gamma counts for beside those of the window. */
    private static final double PRIOR_STEPS = 4;

    /** Share of time that going on must save to be worth its work. */
    private static final double LEAST_GAIN = 0.03;

    private final StrideSettings settings;

    public StrideScheduler(StrideSettings settings) {
        this.settings = settings;
    }

    /**
     * The best stride, up to the settings' largest; 0 if nothing should run before its document is
     * verified.
     *
     * @param async whether steps go on while a verification is out
     */
    public int stride(Estimates estimates, Outcomes outcomes, boolean async) {
        if (!estimates.known()) {
            return 0;
        }
        double gamma =
                Math.min(outcomes.gamma(estimates.gamma(), PRIOR_STEPS), settings.gammaMax());
        double plain = 1 / (estimates.stepSeconds() + estimates.callSeconds(1));
        int best = 0;
        double bestRate = plain * (1 + LEAST_GAIN);
        for (int s = async ? 1 : 2; s <= settings.maxStride(); s++) {
            double rate = expectedSteps(gamma, s) / roundSeconds(estimates, gamma, s, async);
            if (rate > bestRate) {
                best = s;
                bestRate = rate;
            }
        }
        return best;
    }

    private static double expectedSteps(double gamma, int s) {
        return (1 - Math.pow(gamma, s)) / (1 - gamma);
    }

    private static double roundSeconds(Estimates estimates, double gamma, int s, boolean async) {
        double a = estimates.stepSeconds();
        double b = estimates.callSeconds(s);
        double waiting = s * a + b;
        if (!async) {
            return waiting;
        }
        double allRight = Math.pow(gamma, s);
        return allRight * ((s - 1) * a + Math.max(a, b)) + (1 - allRight) * waiting;
    }
}
