package io.ralmspec.decoding;

import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** For models that generate one stride at a time. */
final class TakingTurns implements StrideBatch {
    private record Waiting(
            Generation generation, BooleanSupplier cancelled, Consumer<@Nullable Stride> done) {}

    private final LanguageModel model;
    private @Nullable Waiting waiting;

    TakingTurns(LanguageModel model) {
        this.model = model;
    }

    @Override
    public boolean full() {
        return waiting != null;
    }

    @Override
    public boolean isEmpty() {
        return waiting == null;
    }

    @Override
    public void add(
            Generation generation, BooleanSupplier cancelled, Consumer<@Nullable Stride> done) {
        if (waiting != null) {
            throw new IllegalStateException("a stride is here, and there is room for one");
        }
        waiting = new Waiting(generation, cancelled, done);
    }

    @Override
    public void advance() {
        Waiting next = waiting;
        waiting = null;
        if (next != null) {
            next.done().accept(model.generate(next.generation(), next.cancelled()));
        }
    }
}
