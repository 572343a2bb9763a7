package io.ralmspec.streaming;

import static io.ralmspec.streaming.OperatorUids.SPECULATIVE_RETRIEVAL;
import static io.ralmspec.streaming.OperatorUids.VERIFICATION;

/**
 * Every metric of the loop, under the group {@code ralmspec} of its operator, per subtask. Code,
 * documentation and dashboards take them from here.
 */
public enum MetricName {
    TOKENS_PER_SECOND(
            SPECULATIVE_RETRIEVAL,
            "tokensPerSecond",
            Type.METER,
            "tokens/s",
            "verified tokens generated, over the last 10 s"),
    REQUESTS_PER_SECOND(
            SPECULATIVE_RETRIEVAL,
            "requestsPerSecond",
            Type.METER,
            "requests/s",
            "requests received, refused ones included, over the last 10 s"),
    ANSWERS_PER_SECOND(
            SPECULATIVE_RETRIEVAL,
            "answersPerSecond",
            Type.METER,
            "answers/s",
            "answers sent, errors included, over the last 10 s"),
    ROUNDS_PER_SECOND(
            SPECULATIVE_RETRIEVAL,
            "roundsPerSecond",
            Type.METER,
            "rounds/s",
            "verifications of speculated lookups, over the last 10 s"),
    ACCEPTANCE(
            SPECULATIVE_RETRIEVAL,
            "acceptance",
            Type.GAUGE,
            "fraction",
            "share of guessed documents that verification confirmed, over the last 256 rounds; NaN"
                    + " before the first guess"),
    SPECULATION_STRIDE(
            SPECULATIVE_RETRIEVAL,
            "speculationStride",
            Type.GAUGE,
            "lookups",
            "mean lookups answered by one verification, over the last 256 rounds; NaN before the"
                    + " first"),
    LAST_SPECULATION_STRIDE(
            SPECULATIVE_RETRIEVAL,
            "lastSpeculationStride",
            Type.GAUGE,
            "lookups",
            "lookups answered by the last verification"),
    ESTIMATED_ACCEPTANCE(
            SPECULATIVE_RETRIEVAL,
            "estimatedAcceptance",
            Type.GAUGE,
            "fraction",
            "probability that a step survives its verification, from which new requests start; as"
                    + " the last ended request left it"),
    ESTIMATED_STEP_MICROSECONDS(
            SPECULATIVE_RETRIEVAL,
            "estimatedStepMicroseconds",
            Type.GAUGE,
            "microseconds",
            "one generation stride, from which new requests start; 0 before the first request has"
                    + " ended"),
    ESTIMATED_CALL_MICROSECONDS(
            SPECULATIVE_RETRIEVAL,
            "estimatedCallMicroseconds",
            Type.GAUGE,
            "microseconds",
            "one verification of one lookup, from which new requests start; 0 before the first"
                    + " request has ended"),
    GENERATION_MICROSECONDS(
            SPECULATIVE_RETRIEVAL,
            "generationMicroseconds",
            Type.HISTOGRAM,
            "microseconds",
            "one generation stride, waiting for the model included"),
    RETRIEVAL_MICROSECONDS(
            SPECULATIVE_RETRIEVAL,
            "retrievalMicroseconds",
            Type.HISTOGRAM,
            "microseconds",
            "one verification, waiting for the knowledge base included"),
    ROLLBACKS(
            SPECULATIVE_RETRIEVAL,
            "rollbacks",
            Type.COUNTER,
            "rollbacks",
            "times that tokens were dropped because a guessed document was wrong"),
    ROLLED_BACK_TOKENS(
            SPECULATIVE_RETRIEVAL,
            "rolledBackTokens",
            Type.COUNTER,
            "tokens",
            "tokens dropped in them"),
    REDRAFTED_STEPS(
            SPECULATIVE_RETRIEVAL,
            "redraftedSteps",
            Type.COUNTER,
            "strides",
            "strides drafted with a wrong document and scored again with the right one"),
    UNCHANGED_STEPS(
            SPECULATIVE_RETRIEVAL,
            "unchangedSteps",
            Type.COUNTER,
            "strides",
            "of those, the ones in which no token changed"),
    RECOVERED_TOKENS(
            SPECULATIVE_RETRIEVAL,
            "recoveredTokens",
            Type.COUNTER,
            "tokens",
            "tokens kept although their document was wrong"),
    CANCELLED_STEPS(
            SPECULATIVE_RETRIEVAL,
            "cancelledSteps",
            Type.COUNTER,
            "strides",
            "strides stopped or dropped before their result came"),
    MODEL_STEPS(
            SPECULATIVE_RETRIEVAL,
            "modelSteps",
            Type.COUNTER,
            "strides",
            "generation strides run, dropped and redrafted ones included"),
    RETRIEVAL_CALLS(
            SPECULATIVE_RETRIEVAL,
            "retrievalCalls",
            Type.COUNTER,
            "verifications",
            "verifications answered by the knowledge base"),
    RETRIEVAL_QUERIES(
            SPECULATIVE_RETRIEVAL, "retrievalQueries", Type.COUNTER, "queries", "queries in them"),
    IN_FLIGHT(SPECULATIVE_RETRIEVAL, "inFlight", Type.GAUGE, "requests", "requests being decoded"),
    PARKED(
            SPECULATIVE_RETRIEVAL,
            "parked",
            Type.GAUGE,
            "requests",
            "requests waiting to be decoded"),
    STALE_RESULTS_DROPPED(
            SPECULATIVE_RETRIEVAL,
            "staleResultsDropped",
            Type.COUNTER,
            "results",
            "results that came for an ended request, or that nobody waits for any more"),
    REISSUED(
            SPECULATIVE_RETRIEVAL,
            "reissued",
            Type.COUNTER,
            "requests",
            "requests in flight that a restore has resumed"),
    CANCELLED(
            SPECULATIVE_RETRIEVAL,
            "cancelled",
            Type.COUNTER,
            "requests",
            "requests ended by their sender"),
    DEADLINES(
            SPECULATIVE_RETRIEVAL,
            "deadlines",
            Type.COUNTER,
            "requests",
            "requests ended by their deadline"),
    ERRORS(
            SPECULATIVE_RETRIEVAL,
            "errors",
            Type.COUNTER,
            "requests",
            "requests answered with an error"),
    DUPLICATES(
            SPECULATIVE_RETRIEVAL,
            "duplicates",
            Type.COUNTER,
            "requests",
            "requests with an id in flight or answered within the retention window"),
    BATCH_QUERIES(
            VERIFICATION,
            "batchQueries",
            Type.HISTOGRAM,
            "queries",
            "queries in the knowledge base search that served a verification"),
    SEARCH_MICROSECONDS(
            VERIFICATION,
            "searchMicroseconds",
            Type.HISTOGRAM,
            "microseconds",
            "one attempt of a verification, waiting for the knowledge base included"),
    VERIFICATIONS_PER_SECOND(
            VERIFICATION,
            "verificationsPerSecond",
            Type.METER,
            "verifications/s",
            "attempts ended, over the last 10 s"),
    VERIFICATION_FAILURES(
            VERIFICATION,
            "verificationFailures",
            Type.COUNTER,
            "attempts",
            "attempts on which the knowledge base failed"),
    VERIFICATION_TIMEOUTS(
            VERIFICATION,
            "verificationTimeouts",
            Type.COUNTER,
            "verifications",
            "verifications given up after the timeout");

    /** How Flink reports a metric. */
    public enum Type {
        COUNTER,
        METER,
        GAUGE,
        HISTOGRAM
    }

    /** The metric group all names are in. */
    public static final String GROUP = "ralmspec";

    private final OperatorUids operator;
    private final String key;
    private final Type type;
    private final String unit;
    private final String description;

    MetricName(OperatorUids operator, String key, Type type, String unit, String description) {
        this.operator = operator;
        this.key = key;
        this.type = type;
        this.unit = unit;
        this.description = description;
    }

    /** The operator that registers it. */
    public OperatorUids operator() {
        return operator;
    }

    /** Its name within {@link #GROUP}. */
    public String key() {
        return key;
    }

    public Type type() {
        return type;
    }

    public String unit() {
        return unit;
    }

    /** One line, lower case, without a full stop. */
    public String description() {
        return description;
    }
}
