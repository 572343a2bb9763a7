package io.ralmspec.decoding.knnlm;

import io.ralmspec.decoding.ErrorCode;
import io.ralmspec.decoding.Hash;
import io.ralmspec.decoding.ModelProfile;
import io.ralmspec.decoding.ScriptedFailure;
import io.ralmspec.decoding.ScriptedTokenizer;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A language model whose state is a function of the tokens alone: it mostly, but not always,
 * expects what the corpus would go on with, and many tokens are equally probable. Checks that it is
 * used as its interface says; counts its runs.
 */
public final class ScriptedKeyedLanguageModel implements KeyedLanguageModel {
    /** A token's probability is 4 to the power of its level, divided by the sum of all. */
    private static final double LOG_4 = StrictMath.log(4);

    private static final int END_LEVEL = 7;
    private static final int EXCLUDED = -1;

    private final ScriptedCorpus corpus;
    private final ModelProfile profile;
    private final int endOneIn;
    private final int failOneIn;
    private final Set<String> held = new HashSet<>();
    private int runs;

    /**
     * @param endOneIn it expects the end after one text in this many; 0 for never
     * @param failOneIn it always fails after one text in this many; 0 for none
     */
    public ScriptedKeyedLanguageModel(
            ScriptedCorpus corpus, int contextLength, int endOneIn, int failOneIn) {
        this.corpus = corpus;
        this.profile = new ModelProfile(contextLength, 1, List.of(0));
        this.endOneIn = endOneIn;
        this.failOneIn = failOneIn;
    }

    @Override
    public ModelProfile profile() {
        return profile;
    }

    @Override
    public TokenState state(String sequence, int[] tokens) {
        if (tokens.length < 1 || tokens.length > profile.sequenceTokens()) {
            throw new AssertionError("a text must fit the model (got " + tokens.length + ")");
        }
        held.add(sequence);
        runs++;
        long last = Hash.ofTokens(tokens, tokens.length - 3);
        if (failOneIn > 0 && Hash.below(failOneIn, corpus.seed, 1, last) == 0) {
            throw new ScriptedFailure(ErrorCode.MODEL_FAILED);
        }
        return new TokenState(corpus.key(tokens, tokens.length), logProbabilities(tokens, last));
    }

    private float[] logProbabilities(int[] tokens, long last) {
        int[] levels = new int[ScriptedTokenizer.VOCABULARY];
        for (int token = 0; token < levels.length; token++) {
            // Two bits of a hash for each token.
            int bits = 2 * (token % (Long.SIZE / 2));
            long levelsOfMany = Hash.of(corpus.seed, 2, last, token / (Long.SIZE / 2));
            levels[token] = (int) (levelsOfMany >>> bits & 3);
        }
        boolean ends = endOneIn > 0 && Hash.below(endOneIn, corpus.seed, 3, last) == 0;
        levels[0] = ends ? END_LEVEL : EXCLUDED;
        levels[corpus.usual(tokens, tokens.length)] += Hash.below(4, corpus.seed, 4, last);
        long total = 0;
        for (int level : levels) {
            total += level == EXCLUDED ? 0 : 1L << 2 * level;
        }
        double all = StrictMath.log(total);
        float[] logProbabilities = new float[levels.length];
        for (int token = 0; token < levels.length; token++) {
            int level = levels[token];
            logProbabilities[token] =
                    level == EXCLUDED ? Float.NEGATIVE_INFINITY : (float) (level * LOG_4 - all);
        }
        return logProbabilities;
    }

    @Override
    public void release(String sequence) {
        held.remove(sequence);
    }

    /** Sequences used and not released. */
    public int held() {
        return held.size();
    }

    /** States computed. */
    int runs() {
        return runs;
    }

    @Override
    public void close() {}
}
