package io.ralmspec.job.load;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One line of the result: what one policy did under the load. Rates are per second.
 *
 * @param policies what the user called it
 * @param settings the policy spelled out
 * @param capacity most requests per second with the first policy; null if not measured
 * @param offeredRate of the arrivals, as asked for
 * @param arrivals requests that should have been sent
 * @param answered good answers
 * @param refused requests not sent, as too many were outstanding
 * @param timedOut requests given up; in the latencies they count as having taken the timeout
 * @param errors other requests without a good answer, by error code or finish reason
 * @param achievedRate good answers, over the time from the first arrival to the last answer
 * @param latency from the intended arrival to the answer
 * @param firstToken from the intended arrival to the first verified text
 * @param firstTokenSource {@code first-delta} as the client saw it, or {@code answer}: computed
 *     from the answer's own timings, with all time outside the job counted before the first token
 * @param sendDelayP99 seconds from the intended arrival to the sending: the generator's own
 *     lateness
 * @param outstandingMean requests without answer that an arrival found
 * @param backlogGrew whether requests piled up from arrival to arrival
 * @param outsideSecondsMean per answer: from the intended arrival to the answer, without the time
 *     that the job counted; so Kafka, and waiting before the job took it
 * @param retrievalCalls knowledge base calls, all answers together; so are the counts below
 * @param compared requests that both this and the first policy answered
 * @param equal of those, the same tokens, text, end and sources
 * @param latencyP50Ratio to the first policy; so are the ratios below
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
record LoadResult(
        String retriever,
        String mode,
        String policies,
        String settings,
        @Nullable Double capacity,
        double offeredRate,
        int arrivals,
        int answered,
        int refused,
        int timedOut,
        Map<String, Integer> errors,
        double achievedRate,
        int tokens,
        double tokensPerSecond,
        Spread latency,
        Spread firstToken,
        String firstTokenSource,
        double sendDelayP99,
        double outstandingMean,
        int outstandingMax,
        boolean backlogGrew,
        double outsideSecondsMean,
        double queueSecondsMean,
        double retrievalSecondsMean,
        double generationSecondsMean,
        int retrievalCalls,
        int retrievalQueries,
        int modelSteps,
        double callsPerRequest,
        double stepsPerRequest,
        @Nullable Double acceptance,
        int compared,
        int equal,
        @Nullable Double latencyP50Ratio,
        @Nullable Double latencyP99Ratio,
        @Nullable Double firstTokenP99Ratio) {
    /** Seconds, to three digits. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    record Spread(double mean, double p50, double p95, double p99, double max) {
        static Spread of(Latencies times) {
            return new Spread(
                    times.meanSeconds(),
                    times.seconds(50),
                    times.seconds(95),
                    times.seconds(99),
                    times.maxSeconds());
        }
    }

    /** Whether the job did not keep up. */
    boolean overloaded() {
        return backlogGrew || refused > 0 || timedOut > 0;
    }

    int errorCount() {
        return errors.values().stream().mapToInt(Integer::intValue).sum();
    }

    boolean allEqual() {
        return equal == compared;
    }
}
