package io.ralmspec.decoding.knnlm;

import io.ralmspec.decoding.ModelProfile;

/**
 * A causal language model that shows its state, for KNN-LM. Blocks; used by one thread at a time.
 */
public interface KeyedLanguageModel extends AutoCloseable {
    /**
     * There is no document: {@link ModelProfile#documentTokens} is 1, for the begin-of-sequence
     * token.
     */
    ModelProfile profile();

    /**
     * The state after all these tokens, prompt and generated. It depends on the tokens alone, to
     * the bit, never on earlier calls, so keys are those that the datastore was built with. What
     * was computed for the sequence is kept, and used as far as its tokens are the same.
     *
     * @param sequence names the request; never changes the result
     * @param tokens at least one, at most {@link ModelProfile#sequenceTokens}
     */
    TokenState state(String sequence, int[] tokens);

    /** Forgets what was kept for this sequence. */
    void release(String sequence);

    @Override
    void close();
}
