package io.ralmspec.decoding;

import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** A causal language model. Blocks; used by one thread at a time. */
public interface LanguageModel extends AutoCloseable {
    ModelProfile profile();

    /**
     * The next tokens after the context: {@code maxTokens} of them, or fewer if one is an end
     * token, which is then the last. The result depends on the document, the context's tokens and
     * the sampling alone, never on the draft or on earlier calls.
     *
     * @param cancelled asked between tokens
     * @return null if cancelled
     */
    @Nullable Stride generate(Generation generation, BooleanSupplier cancelled);

    /** A place for strides that are generated side by side, if the model can; otherwise in turn. */
    default StrideBatch batch() {
        return new TakingTurns(this);
    }

    /** Forgets what was kept for this sequence, and gives up its stride in a batch. */
    void release(String sequence);

    /** Forgets what was kept for documents. Costs time later, and changes no token. */
    default void forgetDocuments() {}

    @Override
    void close();
}
