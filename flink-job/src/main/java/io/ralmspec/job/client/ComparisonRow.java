package io.ralmspec.job.client;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.FinishReason;
import io.ralmspec.decoding.RetrieverKind;
import org.jspecify.annotations.Nullable;

/**
 * What one retriever and mode did over all questions.
 *
 * @param equalOutputs questions whose answer was the same in both modes
 * @param seconds from sending to having the answer, summed
 * @param guesses speculative lookups whose truth mattered
 * @param accepted of those, the right ones
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
        int accepted) {

    static ComparisonRow empty(RetrieverKind retriever, DecodingMode mode) {
        return new ComparisonRow(retriever, mode, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    }

    ComparisonRow plus(@Nullable Answer answer, boolean equal, double took) {
        if (answer == null || answer.finishReason() == FinishReason.ERROR) {
            return new ComparisonRow(
                    retriever,
                    mode,
                    asked + 1,
                    answered,
                    equalOutputs,
                    retrievalCalls,
                    retrievalQueries,
                    modelSteps,
                    tokens,
                    seconds + took,
                    retrievalSeconds,
                    generationSeconds,
                    guesses,
                    accepted);
        }
        return new ComparisonRow(
                retriever,
                mode,
                asked + 1,
                answered + 1,
                equalOutputs + (equal ? 1 : 0),
                retrievalCalls + answer.counters().retrievalCalls(),
                retrievalQueries + answer.counters().retrievalQueries(),
                modelSteps + answer.counters().modelSteps(),
                tokens + answer.tokens().length,
                seconds + took,
                retrievalSeconds + answer.timings().retrieval(),
                generationSeconds + answer.timings().generation(),
                guesses + answer.counters().guesses(),
                accepted + answer.counters().accepted());
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
