package io.ralmspec.job.bench;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import org.jspecify.annotations.Nullable;

/**
 * One line of the result: what one retriever and policy did over all requests. Seconds are from
 * submission to the answer.
 *
 * @param neighbours per token (paper: k); null where documents are looked up
 * @param mode {@link io.ralmspec.decoding.DecodingMode#wireName} or model-only
 * @param policies what the user called it
 * @param settings the policy spelled out
 * @param computed whether seconds follow from given costs instead of a clock
 * @param secondsP50 the smallest of the measured seconds that half of the requests do not exceed
 * @param sessionSecondsMean from receipt to the answer, as the answer itself says: what the seconds
 *     above exceed it by is the way there and back, through Kafka with the job
 * @param tokensPerSecond of all requests, over the time in which any of them ran
 * @param retrievalCalls knowledge base calls, all requests together; so are the counts below
 * @param acceptance share of the guesses whose truth mattered that were right, in [0, 1]
 * @param equalOutputs answers that are the baseline's: tokens, text, end and sources; those of the
 *     baseline itself are held against the sequential decoder where it ran
 * @param goldOutputs answers that hold a gold phrase of their question
 * @param askedWithGold questions whose gold phrases are known
 * @param speedup seconds of the same engine's baseline over those of this cell, both summed
 * @param throughputRatio tokens per second over those of the same engine's baseline
 * @param retrievalSearches searches that answered the calls, one often several; null if not counted
 * @param retrievalSecondsMean per knowledge base call, waiting included (paper: b)
 * @param stepSecondsMean per step of the model, waiting and encoding the query included (paper: a)
 * @param bOverA of the baseline with this retriever and engine
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
record CellResult(
        String retriever,
        @Nullable Integer neighbours,
        String mode,
        String policies,
        String settings,
        String engine,
        boolean computed,
        int concurrency,
        int requests,
        int tokens,
        double secondsP50,
        double secondsP95,
        double secondsP99,
        double secondsMean,
        double sessionSecondsMean,
        double tokensPerSecond,
        int retrievalCalls,
        int retrievalQueries,
        int modelSteps,
        double callsPerRequest,
        double stepsPerRequest,
        @Nullable Double acceptance,
        int equalOutputs,
        int totalOutputs,
        int goldOutputs,
        int askedWithGold,
        double speedup,
        double throughputRatio,
        @Nullable Long retrievalSearches,
        int rolledBackTokens,
        int redraftedSteps,
        int unchangedSteps,
        int recoveredTokens,
        int cancelledSteps,
        @Nullable Double retrievalSecondsMean,
        @Nullable Double stepSecondsMean,
        @Nullable Double bOverA) {
    /** What is looked up and how, in words. */
    String lookup() {
        return retriever + (neighbours == null ? "" : ", k=" + neighbours);
    }

    /** What is looked up, and how many requests run at a time if that is several. */
    String load() {
        return concurrency == 1 ? lookup() : "%s, %d at a time".formatted(lookup(), concurrency);
    }

    boolean baseline() {
        return policies.equals(BenchPolicy.BASELINE.name());
    }

    boolean allEqual() {
        return totalOutputs > 0 && equalOutputs == totalOutputs;
    }
}
