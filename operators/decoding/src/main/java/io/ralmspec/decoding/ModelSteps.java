package io.ralmspec.decoding;

import java.util.Arrays;

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

    /** Seconds are 0; the caller who has a clock adds them with {@link #timed}. */
    public Event.Prepared prepare(Command.Prepare command) {
        int[] tokens = tokenizer.encode(command.prompt());
        return new Event.Prepared(
                tokens, query(tokens, command.retriever(), command.queryTokens()), 0);
    }

    /** Seconds are 0; the caller who has a clock adds them with {@link #timed}. */
    public Event.Generated generate(Command.Generate command) {
        int[] tokens = model.generate(command.context(), command.maxTokens(), command.sampling());
        int[] all = Tokens.concat(command.context().tokens(), tokens);
        Query next = query(all, command.retriever(), command.queryTokens());
        return new Event.Generated(command.epoch(), command.step(), tokens, next, 0);
    }

    public static Event timed(Event event, double seconds) {
        return switch (event) {
            case Event.Prepared e -> new Event.Prepared(e.promptTokens(), e.query(), seconds);
            case Event.Generated e ->
                    new Event.Generated(e.epoch(), e.step(), e.tokens(), e.nextQuery(), seconds);
            case Event.Verified e -> new Event.Verified(e.epoch(), e.hits(), seconds);
            case Event.Failed e -> e;
            case Event.Cancelled e -> e;
            case Event.DeadlinePassed e -> e;
        };
    }

    private Query query(int[] tokens, RetrieverKind retriever, int queryTokens) {
        int from = Math.max(0, tokens.length - queryTokens);
        String text = tokenizer.decode(Arrays.copyOfRange(tokens, from, tokens.length)).strip();
        return new Query(text, retriever.dense() ? encoder.encode(text) : SPARSE);
    }
}
