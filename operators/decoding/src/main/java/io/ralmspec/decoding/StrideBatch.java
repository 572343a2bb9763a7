package io.ralmspec.decoding;

import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Strides of different sequences that a model generates side by side. Each gets the tokens that
 * {@link LanguageModel#generate} gives. Used by the model's thread.
 */
public interface StrideBatch {
    /** Whether no other can be taken in now; never if it is empty. */
    boolean full();

    boolean isEmpty();

    /**
     * Takes in a stride. One of the same sequence that is here is given up.
     *
     * @param cancelled asked between tokens
     * @param done given the stride, or null if it was cancelled; must not throw
     * @throws RuntimeException if it cannot begin; the others are not harmed
     */
    void add(Generation generation, BooleanSupplier cancelled, Consumer<@Nullable Stride> done);

    /**
     * Brings every stride at least one token further.
     *
     * @throws RuntimeException if the model fails; no stride is here any more, and none is done
     */
    void advance();
}
