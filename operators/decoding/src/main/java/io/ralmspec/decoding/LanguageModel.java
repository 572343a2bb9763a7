package io.ralmspec.decoding;

/** A causal language model. Blocks; used by one thread at a time. */
public interface LanguageModel extends AutoCloseable {
    ModelProfile profile();

    /**
     * The next tokens after {@code context}: {@code maxTokens} of them, or fewer if one is an end
     * token, which is then the last. The result depends on the document, the context's tokens and
     * {@code sampling} alone, never on earlier calls.
     *
     * @param maxTokens at least 1
     */
    int[] generate(Context context, int maxTokens, Sampling sampling);

    /** Forgets what was kept for this sequence. */
    void release(String sequence);

    @Override
    void close();
}
