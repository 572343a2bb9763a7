package io.ralmspec.decoding.knnlm;

import io.ralmspec.decoding.Plan;
import io.ralmspec.decoding.StopRules;
import io.ralmspec.decoding.StridePlanner;
import io.ralmspec.decoding.StrideSettings;

/** Decides how far a KNN-LM session runs ahead of what is verified. */
final class KnnPlanner {
    private final StrideSettings settings;
    private final StopRules stopRules;
    private final StridePlanner strides;

    KnnPlanner(StrideSettings settings, StopRules stopRules) {
        this.settings = settings;
        this.stopRules = stopRules;
        this.strides = new StridePlanner(settings);
    }

    /** How the session goes on: as the baseline does while it is careful. */
    Plan plan(KnnSession s) {
        return s.careful ? Plan.PLAIN : carefree(s);
    }

    /** Whether to remember what is found, to guess from it. */
    boolean remembers(KnnSession s) {
        return carefree(s).guesses();
    }

    private Plan carefree(KnnSession s) {
        return strides.plan(s.request, s.estimates, s.outcomes, tokensLeft(s));
    }

    /** Tokens from the last verified one to the answer's end, if no end token comes before. */
    private int tokensLeft(KnnSession s) {
        int limit = stopRules.limit(s.request, s.transcript.prompt().length);
        return limit - s.transcript.generated().length;
    }

    /**
     * Tokens to guess in one go now; 0 for none. Ahead of a search it is one at a time, as the
     * search's result may end that.
     */
    int speculates(KnnSession s, Plan plan) {
        if (s.generating != 0 || s.settling != 0 || s.draftEnd != null) {
            return 0;
        }
        int wanted = Math.max(1, plan.stride()) - s.drafts.length;
        if (s.verifying != 0) {
            wanted = plan.ahead() && s.unasked() < settings.maxStride() ? 1 : 0;
        }
        return Math.clamp(wanted, 0, tokensLeft(s) - s.drafts.length);
    }

    /** Whether the truth about the drafts is to be asked for now. */
    static boolean searches(KnnSession s, Plan plan) {
        return !s.inRound()
                && s.drafts.length > 0
                && (s.generating == 0 || s.drafts.length >= plan.stride());
    }
}
