package io.ralmspec.decoding;

import java.util.ArrayList;
import java.util.List;

/**
 * What a session waits for, as commands: made from its state alone, so that they can be repeated.
 */
final class SessionCommands {
    private final StopRules stopRules;

    SessionCommands(StopRules stopRules) {
        this.stopRules = stopRules;
    }

    Command.Prepare preparation(Session s) {
        RetrievalParameters retrieval = s.request.retrieval();
        return new Command.Prepare(
                s.generating,
                s.request.id(),
                s.request.prompt(),
                retrieval.retriever(),
                retrieval.queryTokens());
    }

    Command.Generate generation(Session s) {
        RetrievalParameters retrieval = s.request.retrieval();
        boolean redraft = s.redrafting();
        int[] before = redraft ? s.transcript.generated() : s.tokens();
        Step draft = redraft ? s.steps.get(1) : null;
        Hit document = redraft ? s.first().guess() : s.steps.getLast().guess();
        if (document == null) {
            throw new IllegalStateException("a step must have a document to be generated");
        }
        int[] prompt = s.transcript.prompt();
        int room = stopRules.limit(s.request, prompt.length) - before.length;
        boolean unsure = retrieval.scheme() == RetrievalScheme.FLARE;
        return new Command.Generate(
                s.generating,
                s.onVerifiedGround() ? 0 : s.steps.size(),
                new Generation(
                        new Context(
                                s.request.id(), document.document(), Tokens.concat(prompt, before)),
                        Math.min(retrieval.stride(), room),
                        s.request.sampling(),
                        draft == null ? Tokens.NONE : draft.tokens(),
                        unsure),
                retrieval.retriever(),
                retrieval.queryTokens(),
                unsure ? retrieval.confidence() : 1,
                draft == null ? null : draft.query());
    }

    Command.Verify verification(Session s) {
        RetrievalParameters retrieval = s.request.retrieval();
        List<Query> queries = new ArrayList<>();
        for (int i : s.open(s.asked)) {
            queries.add(s.steps.get(i).query());
        }
        return new Command.Verify(s.verifying, retrieval.retriever(), queries, s.topN);
    }
}
