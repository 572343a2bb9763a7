package io.ralmspec.job.client;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.Counters;
import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.FinishReason;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.Timings;
import org.jspecify.annotations.Nullable;

/**
 * What one retriever and mode did over all questions.
 *
 * @param equalOutputs questions whose answer was the same in both modes
 * @param seconds from sending to having the answer, summed
 * @param guesses speculative lookups whose truth mattered
 * @param accepted of those, the right ones
 * @param rolledBackTokens drafted tokens that were dropped
 * @param recoveredTokens drafted tokens kept although their document was wrong
 */
public record ComparisonRow(
        RetrieverKind retriever,
        DecodingMode mode,
        int asked,
        int answered,
        @JsonProperty("equal_outputs") int equalOutputs,
        @JsonProperty("retrieval_calls") int retrievalCalls,
        @JsonProperty("retrieval_queries") int retrievalQueries,
        @JsonProperty("model_steps") int modelSteps,
        int tokens,
        double seconds,
        @JsonProperty("retrieval_seconds") double retrievalSeconds,
        @JsonProperty("generation_seconds") double generationSeconds,
        int guesses,
        int accepted,
        @JsonProperty("rolled_back_tokens") int rolledBackTokens,
        @JsonProperty("recovered_tokens") int recoveredTokens) {

    static ComparisonRow empty(RetrieverKind retriever, DecodingMode mode) {
        return new ComparisonRow(retriever, mode, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    }

    /** An answer that is missing or an error adds nothing but its time. */
    ComparisonRow plus(@Nullable Answer answer, boolean equal, double took) {
        boolean counts = false;
        Counters counters = Counters.ZERO;
        Timings timings = Timings.ZERO;
        int length = 0;
        if (answer != null && answer.finishReason() != FinishReason.ERROR) {
            counts = true;
            counters = answer.counters();
            timings = answer.timings();
            length = answer.tokens().length;
        }
        return new ComparisonRow(
                retriever,
                mode,
                asked + 1,
                answered + (counts ? 1 : 0),
                equalOutputs + (counts && equal ? 1 : 0),
                retrievalCalls + counters.retrievalCalls(),
                retrievalQueries + counters.retrievalQueries(),
                modelSteps + counters.modelSteps(),
                tokens + length,
                seconds + took,
                retrievalSeconds + timings.retrieval(),
                generationSeconds + timings.generation(),
                guesses + counters.guesses(),
                accepted + counters.accepted(),
                rolledBackTokens + counters.rolledBackTokens(),
                recoveredTokens + counters.recoveredTokens());
    }

    /** Share of guesses that were right, in [0, 1]; 0 without guesses. */
    @JsonProperty("acceptance")
    public double acceptance() {
        return guesses == 0 ? 0 : (double) accepted / guesses;
    }

    @JsonIgnore
    public boolean allEqual() {
        return asked > 0 && answered == asked && equalOutputs == asked;
    }
}
