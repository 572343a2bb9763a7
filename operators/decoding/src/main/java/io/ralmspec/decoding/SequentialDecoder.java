package io.ralmspec.decoding;

import java.util.ArrayList;
import java.util.List;

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
        RetrieverKind kind = retrieval.retriever();
        Retriever retriever = knowledgeBase.retriever(kind);
        Event.Prepared prepared =
                steps.prepare(
                        new Command.Prepare(
                                request.id(), request.prompt(), kind, retrieval.queryTokens()));
        int[] prompt = prepared.promptTokens();
        Checks.require(
                prompt.length >= 1 && prompt.length < profile.sequenceTokens(),
                "prompt",
                "in [1, " + (profile.sequenceTokens() - 1) + "] tokens",
                prompt.length);
        int limit = stopRules.limit(request, prompt.length);

        int[] generated = Tokens.NONE;
        List<Source> sources = new ArrayList<>();
        Counters counters = Counters.ZERO;
        Query query = prepared.query();
        FinishReason end = null;
        while (end == null) {
            Hit document = retriever.search(List.of(query), 1).getFirst().top();
            Event.Generated stride =
                    steps.generate(
                            new Command.Generate(
                                    0,
                                    0,
                                    new Context(
                                            request.id(),
                                            document.document(),
                                            Tokens.concat(prompt, generated)),
                                    Math.min(retrieval.stride(), limit - generated.length),
                                    request.sampling(),
                                    kind,
                                    retrieval.queryTokens()));
            counters = counters.plusRetrieval(1).plusModelStep();
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
            query = stride.nextQuery();
            end = cut.end();
        }
        return new Answer(
                request.id(),
                stopRules.text(generated, request.stop()),
                generated,
                end,
                prompt.length,
                sources,
                counters,
                Timings.ZERO,
                null);
    }
}
