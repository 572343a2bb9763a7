package io.ralmspec.decoding;

import java.util.Arrays;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs the model's side of a session: prompts to tokens, steps to tokens, and the query after each
 * (the text of the last tokens, without the document). Everything that decodes goes through here,
 * so that speculative and sequential decoding cannot differ in it.
 */
public final class ModelSteps {
    private static final float[] SPARSE = new float[0];

    private final LanguageModel model;
    private final Tokenizer tokenizer;
    private final QueryEncoder encoder;

    public ModelSteps(LanguageModel model, Tokenizer tokenizer, QueryEncoder encoder) {
        this.model = model;
        this.tokenizer = tokenizer;
        this.encoder = encoder;
    }

    /** Seconds are 0; the caller who has a clock adds them with {@link SessionEvent#timed}. */
    public Event.Prepared prepare(Command.Prepare command) {
        int[] tokens = tokenizer.encode(command.prompt());
        return new Event.Prepared(
                command.epoch(),
                tokens,
                query(tokens, command.retriever(), command.queryTokens()),
                0);
    }

    /**
     * Seconds are 0; the caller who has a clock adds them with {@link SessionEvent#timed}.
     *
     * @param cancelled asked between tokens
     * @return null if cancelled
     */
    public Event.@Nullable Generated generate(Command.Generate command, BooleanSupplier cancelled) {
        Stride stride = model.generate(command.generation(), cancelled);
        return stride == null || cancelled.getAsBoolean() ? null : generated(command, stride);
    }

    /** What {@link #generate} gives once the model has generated the stride. */
    public Event.Generated generated(Command.Generate command, Stride stride) {
        return new Event.Generated(command.epoch(), stride.tokens(), nextQuery(command, stride), 0);
    }

    /** A place for the strides of several commands, see {@link LanguageModel#batch}. */
    public StrideBatch batch() {
        return model.batch();
    }

    private @Nullable Query nextQuery(Command.Generate command, Stride stride) {
        if (stride.confidence() > command.confidence()) {
            return null;
        }
        Generation generation = command.generation();
        Query known = command.draftQuery();
        if (known != null && Arrays.equals(stride.tokens(), generation.draft())) {
            return known;
        }
        int[] all = Tokens.concat(generation.context().tokens(), stride.tokens());
        return query(all, command.retriever(), command.queryTokens());
    }

    /** Frees what the model keeps for a sequence that is over. */
    public void release(String sequence) {
        model.release(sequence);
    }

    private Query query(int[] tokens, RetrieverKind retriever, int queryTokens) {
        int from = Math.max(0, tokens.length - queryTokens);
        String text = tokenizer.decode(Arrays.copyOfRange(tokens, from, tokens.length)).strip();
        return new Query(text, retriever.dense() ? encoder.encode(text) : SPARSE);
    }
}
