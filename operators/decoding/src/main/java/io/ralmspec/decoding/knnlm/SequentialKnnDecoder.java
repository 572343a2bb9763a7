package io.ralmspec.decoding.knnlm;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.Checks;
import io.ralmspec.decoding.Counters;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.FinishReason;
import io.ralmspec.decoding.KnnParameters;
import io.ralmspec.decoding.ModelProfile;
import io.ralmspec.decoding.StopRules;
import io.ralmspec.decoding.Timings;
import io.ralmspec.decoding.Tokenizer;
import io.ralmspec.decoding.Tokens;
import java.util.List;

/**
 * The KNN-LM baseline, written as the plain loop it is: for every token the model's state, a
 * search, the mixture, the token (Khandelwal et al.; paper section 5). It is the oracle of every
 * equality test, so it shares nothing with {@link KnnDecoder} but the stop rules and {@link
 * Interpolation}.
 */
public final class SequentialKnnDecoder {
    private final ModelProfile profile;
    private final KeyedLanguageModel model;
    private final Datastore datastore;
    private final Tokenizer tokenizer;
    private final StopRules stopRules;

    public SequentialKnnDecoder(
            KeyedLanguageModel model, Datastore datastore, Tokenizer tokenizer) {
        this.profile = model.profile();
        this.model = model;
        this.datastore = datastore;
        this.tokenizer = tokenizer;
        this.stopRules = new StopRules(profile, tokenizer);
    }

    /**
     * The answer to a request whose prompt fits the model; its timings are zero.
     *
     * @throws IllegalArgumentException if the prompt is empty or too long
     */
    public Answer decode(DecodingRequest request) {
        int[] prompt = tokenizer.encode(request.prompt());
        Checks.require(
                prompt.length >= 1 && prompt.length < profile.sequenceTokens(),
                "prompt",
                "in [1, " + (profile.sequenceTokens() - 1) + "] tokens",
                prompt.length);
        KnnParameters parameters = request.retrieval().knn();
        SearchKind kind = SearchKind.of(request.retrieval().retriever());
        Interpolation interpolation = Interpolation.of(parameters);
        int[] generated = Tokens.NONE;
        int steps = 0;
        FinishReason end = null;
        while (end == null) {
            int[] tokens = Tokens.concat(prompt, generated);
            TokenState state = model.state(request.id(), tokens);
            Neighbours neighbours =
                    datastore
                            .search(List.of(state.key()), parameters.neighbours(), kind)
                            .getFirst();
            int token =
                    interpolation.choose(
                            state.logProbabilities(),
                            neighbours,
                            request.sampling(),
                            tokens.length);
            steps++;
            StopRules.Cut cut = stopRules.cut(request, prompt.length, generated, new int[] {token});
            generated = Tokens.concat(generated, cut.tokens());
            end = cut.end();
        }
        return new Answer(
                request.id(),
                stopRules.text(generated, request.stop()),
                generated,
                end,
                prompt.length,
                List.of(),
                new Counters(0, 0, 0, 0, 0, 0, 0, 0, steps, steps, steps),
                Timings.ZERO,
                null);
    }
}
