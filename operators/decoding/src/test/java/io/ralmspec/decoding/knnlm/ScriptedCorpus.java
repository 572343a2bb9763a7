package io.ralmspec.decoding.knnlm;

import io.ralmspec.decoding.Hash;
import io.ralmspec.decoding.ScriptedTokenizer;

/**
 * The world that a scripted language model and a scripted datastore have in common: a text of a few
 * passages that come again and again with small changes, and keys of small whole numbers, so that
 * distances are exact and often tie.
 */
public final class ScriptedCorpus {
    static final int DIMENSION = 4;

    /** Tokens that decide what comes next, and the key. */
    private static final int CONTEXT = 2;

    final long seed;
    final int[] tokens;

    /**
     * @param size entries of a datastore of it, at least 1
     */
    public ScriptedCorpus(long seed, int size) {
        this.seed = seed;
        tokens = new int[size + CONTEXT];
        for (int i = 0; i < tokens.length; i++) {
            // A passage begins wherever habit is broken.
            tokens[i] =
                    i < CONTEXT || Hash.below(9, seed, i) == 0
                            ? 1 + Hash.below(5, seed, i, 1)
                            : usual(tokens, i);
        }
    }

    /** What mostly comes next, never an end token: a function of the last tokens. */
    int usual(int[] before, int length) {
        return 1 + Hash.below(ScriptedTokenizer.VOCABULARY - 1, seed, context(before, length));
    }

    /** The key after the first {@code length} tokens. */
    float[] key(int[] before, int length) {
        float[] key = new float[DIMENSION];
        for (int d = 0; d < DIMENSION; d++) {
            // Half of the key says only what the last token was, so that near is not nothing.
            long read = d < 2 ? before[length - 1] : context(before, length);
            key[d] = Hash.below(3, seed, d, read);
        }
        return key;
    }

    private static long context(int[] before, int length) {
        long context = 7;
        for (int i = Math.max(0, length - CONTEXT); i < length; i++) {
            context = Hash.of(context, before[i]);
        }
        return context;
    }

    /** Entries of a datastore of it: one per token with a whole context before it. */
    int size() {
        return tokens.length - CONTEXT;
    }

    float[] keyOf(int position) {
        return key(tokens, position + CONTEXT);
    }

    int tokenOf(int position) {
        return tokens[position + CONTEXT];
    }
}
