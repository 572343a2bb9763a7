package io.ralmspec.job.bench;

import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.RequestDefaults;
import io.ralmspec.decoding.RetrievalParameters;
import io.ralmspec.decoding.RetrievalScheme;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.Sampling;
import io.ralmspec.decoding.ScriptedEncoder;
import io.ralmspec.decoding.ScriptedKnowledgeBase;
import io.ralmspec.decoding.ScriptedLanguageModel;
import io.ralmspec.decoding.ScriptedTokenizer;
import io.ralmspec.streaming.Serving;
import java.util.List;
import java.util.stream.IntStream;

/** Requests, and a model and knowledge base made of hashes to answer them. */
final class Scripted {
    private Scripted() {}

    /**
     * @param documents with 1, every guess is right
     * @param endOneIn as in {@link ScriptedLanguageModel}
     */
    static Serving serving(long seed, int documents, int endOneIn) {
        return new Serving(
                new ScriptedLanguageModel(seed, 400, endOneIn),
                new ScriptedTokenizer(),
                new ScriptedEncoder(),
                new ScriptedKnowledgeBase(seed, documents));
    }

    static List<DecodingRequest> requests(int count, int maxTokens, RetrievalScheme scheme) {
        RetrievalParameters d = RequestDefaults.PAPER.retrieval();
        RetrievalParameters retrieval =
                new RetrievalParameters(
                        RetrieverKind.EXACT,
                        DecodingMode.SPECULATIVE,
                        scheme,
                        d.confidence(),
                        d.stride(),
                        8,
                        d.speculation());
        return IntStream.range(0, count)
                .mapToObj(
                        i ->
                                new DecodingRequest(
                                        "q" + i,
                                        "tell me about " + i + " and " + 7 * i,
                                        maxTokens,
                                        List.of(),
                                        Sampling.GREEDY,
                                        retrieval,
                                        false,
                                        0))
                .toList();
    }

    static List<DecodingRequest> requests(int count, int maxTokens) {
        return requests(count, maxTokens, RetrievalScheme.EVERY_STRIDE);
    }
}
