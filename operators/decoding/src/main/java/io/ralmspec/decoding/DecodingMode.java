package io.ralmspec.decoding;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * How a request is decoded. {@link #BASELINE} and {@link #SPECULATIVE} give the same tokens, and so
 * do {@link #KNN_LM_BASELINE} and {@link #KNN_LM}. State holds the ordinals: new modes go last.
 */
public enum DecodingMode {
    /** One knowledge base call per generation stride, each waited for. */
    BASELINE(false, false),
    /** Guess documents from the speculation cache, verify many guesses in one call. */
    SPECULATIVE(true, false),
    /**
     * KNN-LM (paper section 5): neighbours of each token's key in a datastore have a say in the
     * token. Tokens are guessed with cached neighbours, and many are verified in one call.
     */
    KNN_LM(true, true),
    /** KNN-LM with one datastore call per token, each waited for. */
    KNN_LM_BASELINE(false, true);

    private final boolean speculative;
    private final boolean neighbours;

    DecodingMode(boolean speculative, boolean neighbours) {
        this.speculative = speculative;
        this.neighbours = neighbours;
    }

    /** What requests, options and reports say. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Whether something is guessed, and verified afterwards. */
    public boolean speculative() {
        return speculative;
    }

    /** Whether the neighbours of a datastore are looked up, rather than documents. */
    public boolean neighbours() {
        return neighbours;
    }

    /** Whether this is what it can look up with: vectors have neighbours, words don't. */
    public boolean allows(RetrieverKind retriever) {
        return retriever.dense() || !neighbours;
    }

    /** The mode without guesses that gives the same tokens. */
    public DecodingMode baseline() {
        return neighbours ? KNN_LM_BASELINE : BASELINE;
    }

    public static Optional<DecodingMode> ofWireName(String name) {
        return Arrays.stream(values()).filter(mode -> mode.wireName().equals(name)).findFirst();
    }
}
