package io.ralmspec.decoding.knnlm;

import io.ralmspec.decoding.KnnParameters;
import io.ralmspec.decoding.Tokenizer;
import io.ralmspec.decoding.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Runs the model's side of KNN-LM sessions: guesses tokens, and tells the true ones once their
 * neighbours are known. States of drafts are kept until then, so that a wrong token is corrected
 * without another run of the model; those that are gone are computed again.
 *
 * <p>Used by one thread at a time: the model's.
 */
public final class KnnSteps {
    private final KeyedLanguageModel model;
    private final Datastore datastore;
    private final Tokenizer tokenizer;
    private final DraftStates states;

    /**
     * @param keptBytes of the states kept for all sequences together, at least 0; the sequence at
     *     work keeps its own even beyond that
     */
    public KnnSteps(
            KeyedLanguageModel model, Datastore datastore, Tokenizer tokenizer, long keptBytes) {
        this.model = model;
        this.datastore = datastore;
        this.tokenizer = tokenizer;
        this.states = new DraftStates(model, keptBytes);
    }

    /** Seconds are 0; the caller who has a clock adds them with {@link KnnEvent#timed}. */
    public KnnEvent.Prepared prepare(KnnCommand.Prepare command) {
        return new KnnEvent.Prepared(command.epoch(), tokenizer.encode(command.prompt()), 0);
    }

    /**
     * Seconds are 0; the caller who has a clock adds them with {@link KnnEvent#timed}.
     *
     * @param stopped asked before each token; then the result is the tokens so far
     */
    public KnnEvent.Speculated speculate(KnnCommand.Speculate command, BooleanSupplier stopped) {
        KnnContext context = command.context();
        KnnParameters parameters = context.parameters();
        int[] cache = command.cache();
        int[] tokens = context.tokens(context.drafts().length);
        int[] guessed = Tokens.NONE;
        List<float[]> keys = new ArrayList<>();
        while (guessed.length < command.count() && !stopped.getAsBoolean()) {
            TokenState state = states.state(context.sequence(), tokens);
            Neighbours near =
                    cache.length == 0
                            ? Neighbours.NONE
                            : datastore.nearest(
                                    state.key(),
                                    cache,
                                    Math.min(parameters.neighbours(), cache.length));
            int[] token = {choose(context, state, near, tokens.length)};
            guessed = Tokens.concat(guessed, token);
            tokens = Tokens.concat(tokens, token);
            keys.add(state.key());
            if (model.profile().ends(token[0])) {
                break;
            }
        }
        return new KnnEvent.Speculated(command.epoch(), guessed, keys, 0);
    }

    /** Seconds are 0; the caller who has a clock adds them with {@link KnnEvent#timed}. */
    public KnnEvent.Settled settle(KnnCommand.Settle command) {
        KnnContext context = command.context();
        int[] drafts = context.drafts();
        int[] truth = new int[drafts.length];
        int settled = 0;
        while (settled < drafts.length) {
            int[] tokens = context.tokens(settled);
            TokenState state = states.state(context.sequence(), tokens);
            Neighbours neighbours = command.neighbours().get(settled);
            truth[settled] = choose(context, state, neighbours, tokens.length);
            if (truth[settled++] != drafts[settled - 1]) {
                break;
            }
        }
        states.forget(context.sequence(), context.verified().length + settled);
        return new KnnEvent.Settled(command.epoch(), Arrays.copyOf(truth, settled), 0);
    }

    private static int choose(
            KnnContext context, TokenState state, Neighbours neighbours, int position) {
        return Interpolation.of(context.parameters())
                .choose(state.logProbabilities(), neighbours, context.sampling(), position);
    }

    /** Frees all that is kept for a sequence that is over. */
    public void release(String sequence) {
        states.release(sequence);
        model.release(sequence);
    }
}
