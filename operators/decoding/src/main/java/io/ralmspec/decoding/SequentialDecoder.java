package io.ralmspec.decoding;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * The baseline, written as the plain loop it is: retrieve, generate a stride, repeat. It is the
 * oracle of every equality test, so it shares nothing with {@link SpeculativeDecoder} but the stop
 * rules and {@link ModelSteps}.
 */
public final class SequentialDecoder {
    private final ModelProfile profile;
    private final ModelSteps steps;
    private final StopRules stopRules;
    private final KnowledgeBase knowledgeBase;

    public SequentialDecoder(
            ModelProfile profile,
            Tokenizer tokenizer,
            ModelSteps steps,
            KnowledgeBase knowledgeBase) {
        this.profile = profile;
        this.steps = steps;
        this.stopRules = new StopRules(profile, tokenizer);
        this.knowledgeBase = knowledgeBase;
    }

    /**
     * The answer to a request whose prompt fits the model; its timings are zero.
     *
     * @throws IllegalArgumentException if the prompt is empty or too long
     */
    public Answer decode(DecodingRequest request) {
        RetrievalParameters retrieval = request.retrieval();
        Retriever retriever = knowledgeBase.retriever(retrieval.retriever());
        Event.Prepared prepared =
                steps.prepare(
                        new Command.Prepare(
                                0,
                                request.id(),
                                request.prompt(),
                                retrieval.retriever(),
                                retrieval.queryTokens()));
        int[] prompt = prepared.promptTokens();
        Checks.require(
                prompt.length >= 1 && prompt.length < profile.sequenceTokens(),
                "prompt",
                "in [1, " + (profile.sequenceTokens() - 1) + "] tokens",
                prompt.length);

        int[] generated = Tokens.NONE;
        List<Source> sources = new ArrayList<>();
        int calls = 0;
        int modelSteps = 0;
        Query query = prepared.query();
        Hit document = Hit.NONE;
        boolean draft = false;
        FinishReason end = null;
        while (end == null) {
            if (query != null) {
                document = retriever.search(List.of(query), 1).getFirst().top();
                calls++;
            }
            Event.Generated stride = generate(request, document, prompt, generated);
            modelSteps++;
            query = stride.nextQuery();
            // Every other stride of Iter-RetGen only forms the query for the next.
            draft = retrieval.scheme() == RetrievalScheme.ITER_RETGEN && !draft;
            if (draft) {
                continue;
            }
            StopRules.Cut cut = stopRules.cut(request, prompt.length, generated, stride.tokens());
            int from = generated.length;
            generated = Tokens.concat(generated, cut.tokens());
            if (!document.isNone() && cut.tokens().length > 0) {
                sources.add(
                        new Source(
                                knowledgeBase.id(document.document()),
                                knowledgeBase.title(document.document()),
                                document.score(),
                                from,
                                generated.length));
            }
            end = cut.end();
        }
        return new Answer(
                request.id(),
                stopRules.text(generated, request.stop()),
                generated,
                end,
                prompt.length,
                sources,
                new Counters(0, 0, 0, 0, 0, 0, 0, 0, calls, calls, modelSteps),
                Timings.ZERO,
                null);
    }

    private Event.Generated generate(
            DecodingRequest request, Hit document, int[] prompt, int[] generated) {
        RetrievalParameters retrieval = request.retrieval();
        int room = stopRules.limit(request, prompt.length) - generated.length;
        boolean unsure = retrieval.scheme() == RetrievalScheme.FLARE;
        Event.Generated stride =
                steps.generate(
                        new Command.Generate(
                                0,
                                0,
                                new Generation(
                                        new Context(
                                                request.id(),
                                                document.document(),
                                                Tokens.concat(prompt, generated)),
                                        Math.min(retrieval.stride(), room),
                                        request.sampling(),
                                        Tokens.NONE,
                                        unsure),
                                retrieval.retriever(),
                                retrieval.queryTokens(),
                                unsure ? retrieval.confidence() : 1,
                                null),
                        () -> false);
        return Objects.requireNonNull(stride, "nothing cancels a sequential step");
    }
}
