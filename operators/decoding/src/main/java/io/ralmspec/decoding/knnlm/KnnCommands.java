package io.ralmspec.decoding.knnlm;

import io.ralmspec.decoding.Tokens;
import java.util.Arrays;
import java.util.List;

/**
 * What a session waits for, as commands: made from its state alone, so that they can be repeated.
 */
final class KnnCommands {
    private KnnCommands() {}

    static KnnCommand preparation(KnnSession s) {
        return new KnnCommand.Prepare(s.generating, s.request.id(), s.request.prompt());
    }

    static KnnCommand speculation(KnnSession s) {
        int[] cache = s.guessing ? s.cache.positions() : Tokens.NONE;
        return new KnnCommand.Speculate(s.generating, context(s, s.drafts.length), cache, s.count);
    }

    /**
     * @param count at least the request's neighbours
     */
    static KnnCommand search(KnnSession s, int count) {
        return new KnnCommand.Search(
                s.verifying,
                SearchKind.of(s.request.retrieval().retriever()),
                List.copyOf(s.keys.subList(0, s.asked)),
                count);
    }

    static KnnCommand settling(KnnSession s, List<Neighbours> found) {
        int count = s.parameters().neighbours();
        List<Neighbours> neighbours = found.stream().map(n -> n.nearest(count)).toList();
        return new KnnCommand.Settle(s.settling, context(s, s.asked), neighbours);
    }

    private static KnnContext context(KnnSession s, int drafts) {
        return new KnnContext(
                s.request.id(),
                Tokens.concat(s.transcript.prompt(), s.transcript.generated()),
                Arrays.copyOf(s.drafts, drafts),
                s.request.sampling(),
                s.parameters());
    }
}
