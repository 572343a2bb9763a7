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
 * that exactly one step more is made while a verification is out. Its a and b are those of steps
 * and calls that run beside one another, so that it loses where they slow each other down too much.
 *
 * <p>Where the model has other requests too, it is the model's time that runs out: with T seconds
 * for one step of each, nobody's w steps take less than w T, wrong ones included. So each of the
 * sums above counts for no less than its steps times T, and plain decoding's a + b for no less than
 * T: where the model is never idle, the fewest steps win, and those are plain decoding's.
 */
final class StrideScheduler {
    /** Steps that the running average of gamma counts for beside those of the window. */
    private static final double PRIOR_STEPS = 4;

    /**
     * Share of plain decoding's time that speculation must save to be worth its work: guessing and
     * prefetching cost something that neither steps nor calls show.
     */
    private static final double LEAST_GAIN = 0.10;

    /** Share below which some requests decode plainly nevertheless, to keep its costs known. */
    private static final double CLEAR_GAIN = 0.25;

    /** Steps' worth of time until a running step stops: it can do so only between tokens. */
    private static final double STOPPING = 0.1;

    private final StrideSettings settings;

    StrideScheduler(StrideSettings settings) {
        this.settings = settings;
    }

    /**
     * The fastest way to go on.
     *
     * @param lookups that the request may still make, at least 1 (L)
     * @param async whether steps may go on while a verification is out
     * @param trial whether to decode plainly unless speculation is clearly faster
     */
    Plan plan(Estimates estimates, Outcomes outcomes, int lookups, boolean async, boolean trial) {
        if (!estimates.known()) {
            return Plan.WATCHING;
        }
        double gamma = outcomes.gamma(estimates.gamma(), PRIOR_STEPS);
        double gain = trial ? CLEAR_GAIN : LEAST_GAIN;
        Plan best = fastest(estimates, Math.min(gamma, settings.gammaMax()), lookups, async, gain);
        if (best.stride() > 0) {
            return best;
        }
        // Guessing costs too: what could not pay with the best of guesses is not even watched.
        Plan hoped = fastest(estimates, settings.gammaMax(), lookups, async, gain);
        return hoped.stride() > 0 ? Plan.WATCHING : Plan.PLAIN;
    }

    private Plan fastest(
            Estimates estimates, double gamma, int lookups, boolean async, double leastGain) {
        Plan best = Plan.PLAIN;
        double turn = estimates.turn();
        double plain = estimates.stepSeconds(false) + estimates.plainCallSeconds();
        double least = (1 - leastGain) * Math.max(plain, turn) * geometric(gamma, lookups);
        for (int n = 1; n <= Math.min(settings.maxStride(), lookups); n++) {
            double waiting =
                    Math.max(
                            synchronous(estimates, gamma, n, lookups),
                            turn * synchronousSteps(gamma, n, lookups));
            if (n > 1 && waiting < least) {
                best = new Plan(n, false, true);
                least = waiting;
            }
            double going =
                    async
                            ? Math.max(
                                    asynchronous(estimates, gamma, n, lookups),
                                    turn * asynchronousSteps(estimates, gamma, n, lookups))
                            : waiting;
            if (async && going < least) {
                best = new Plan(n, true, true);
                least = going;
            }
        }
        return best;
    }

    private static double synchronous(Estimates estimates, double gamma, int n, int lookups) {
        double a = estimates.stepSeconds(false);
        int full = (lookups - 1) / n;
        int last = lookups - full * n;
        double round = n * a + estimates.callSeconds(n, false);
        double lastRound = last * a + estimates.callSeconds(last, false);
        return geometric(Math.pow(gamma, n), full) * round
                + Math.pow(gamma, (double) n * full) * lastRound;
    }

    private static double synchronousSteps(double gamma, int n, int lookups) {
        int full = (lookups - 1) / n;
        return n * geometric(Math.pow(gamma, n), full)
                + (lookups - full * n) * Math.pow(gamma, (double) n * full);
    }

    private double asynchronous(Estimates estimates, double gamma, int n, int lookups) {
        double a = estimates.stepSeconds(true);
        double k = meanwhile(estimates);
        double next = Math.max(a, estimates.callSeconds((int) Math.round(k), true));
        double calls = Math.ceil((lookups - n) / k);
        // What is gathered before the first call is gathered alone.
        return n * estimates.stepSeconds(false)
                + STOPPING * a
                + estimates.callSeconds(n, true)
                + Math.pow(gamma, n) * geometric(Math.pow(gamma, k), calls) * next;
    }

    private double asynchronousSteps(Estimates estimates, double gamma, int n, int lookups) {
        double k = Math.min(meanwhile(estimates), lookups - n);
        if (k == 0) {
            return n;
        }
        // What is made while the first call is out is made even if that finds a wrong guess, but
        // no more than fits into it: the step that still runs is stopped.
        double first = Math.min(k, estimates.callSeconds(1, true) / estimates.stepSeconds(true));
        double later = Math.ceil((lookups - n) / k) - 1;
        return n + first + k * Math.pow(gamma, n) * geometric(Math.pow(gamma, k), later);
    }

    /** Steps that can be made while a verification is out (k). */
    private double meanwhile(Estimates estimates) {
        double a = estimates.stepSeconds(true);
        return Math.clamp(estimates.callSeconds(1, true) / a, 1, settings.maxStride());
    }

    /** 1 + q + ... + q^(terms - 1), for q in (0, 1). */
    private static double geometric(double q, double terms) {
        return (1 - Math.pow(q, terms)) / (1 - q);
    }
}
