package io.ralmspec.decoding;

/** What a simulation must have met, or its equality proves little. */
enum Happening {
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
    RECOVERED_TOKENS,
    UNCHANGED_STEPS,
    CANCELLED_STEPS,
    SAVED_CALLS
}
