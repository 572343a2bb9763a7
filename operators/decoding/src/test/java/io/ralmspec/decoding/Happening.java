package io.ralmspec.decoding;

import java.util.EnumSet;
import java.util.Set;

/** What a simulation must have met, or its equality proves little. */
public enum Happening {
    SESSIONS,
    EVENTS,
    CRASHES,
    /** Crashes that went back to an older state than the last one. */
    REWINDS,
    /** Results that came after one that was asked for later. */
    REORDERINGS,
    /** Results that came a second time. */
    DUPLICATES,
    /** Results that nobody waited for any more. */
    STALE,
    CANCELS,
    DEADLINES,
    /** Model steps that failed on a guess and did not end the request. */
    FAILED_DRAFTS,
    /** Verifications that failed with guessed queries and did not end the request. */
    FAILED_ROUNDS,
    MODEL_ERRORS,
    RETRIEVAL_ERRORS,
    /** Steps that came while a verification was out. */
    AHEAD_OF_VERIFICATION,
    ACCEPTED_GUESSES,
    ROLLED_BACK_TOKENS,
    CANCELLED_STEPS,
    SAVED_CALLS,

    // Of documents only.
    RECOVERED_TOKENS,
    UNCHANGED_STEPS,

    // Of KNN-LM only.
    /** Speculations that were stopped with fewer tokens than wanted, or none. */
    STOPPED_SPECULATIONS,
    /** Settlings of drafts whose states the model's worker had lost. */
    LOST_STATES,
    /** Wrong drafts replaced by the true token. */
    CORRECTIONS,
    /** Speculations from an empty cache. */
    EMPTY_CACHES,
    /** Speculations from fewer cached entries than there are neighbours. */
    SMALL_CACHES,
    /** Searches for as many neighbours as the datastore has entries, or more. */
    WHOLE_DATASTORES;

    /** What documents know nothing of. */
    public static final Set<Happening> OF_KNN_LM =
            EnumSet.range(STOPPED_SPECULATIONS, WHOLE_DATASTORES);

    /** What KNN-LM knows nothing of. */
    public static final Set<Happening> OF_DOCUMENTS =
            EnumSet.range(RECOVERED_TOKENS, UNCHANGED_STEPS);
}
