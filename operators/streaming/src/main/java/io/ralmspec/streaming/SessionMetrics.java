package io.ralmspec.streaming;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.Counters;
import io.ralmspec.decoding.DecodingSession;
import io.ralmspec.decoding.Event;
import io.ralmspec.decoding.SessionEvent;
import io.ralmspec.decoding.knnlm.KnnEvent;
import java.util.Map;
import java.util.function.ToIntFunction;
import org.apache.flink.metrics.MetricGroup;

/**
 * The head's metrics, read off the sessions as they change: what a session counts is counted here
 * once. Task thread only.
 */
final class SessionMetrics {
    /** What a session counts itself. */
    private static final Map<MetricName, ToIntFunction<Counters>> COUNTED =
            Map.of(
                    MetricName.ROUNDS_PER_SECOND, Counters::rounds,
                    MetricName.ROLLED_BACK_TOKENS, Counters::rolledBackTokens,
                    MetricName.REDRAFTED_STEPS, Counters::redraftedSteps,
                    MetricName.UNCHANGED_STEPS, Counters::unchangedSteps,
                    MetricName.RECOVERED_TOKENS, Counters::recoveredTokens,
                    MetricName.CANCELLED_STEPS, Counters::cancelledSteps,
                    MetricName.MODEL_STEPS, Counters::modelSteps,
                    MetricName.RETRIEVAL_CALLS, Counters::retrievalCalls,
                    MetricName.RETRIEVAL_QUERIES, Counters::retrievalQueries);

    private final RalmMetrics metrics;
    private final RoundWindow rounds = new RoundWindow();

    SessionMetrics(
            MetricGroup operatorGroup, AdmissionQueue admission, RunningEstimates estimates) {
        metrics =
                new RalmMetrics(
                        operatorGroup,
                        OperatorUids.SPECULATIVE_RETRIEVAL,
                        Map.of(
                                MetricName.ACCEPTANCE,
                                rounds::acceptance,
                                MetricName.SPECULATION_STRIDE,
                                rounds::meanLookups,
                                MetricName.LAST_SPECULATION_STRIDE,
                                rounds::lastLookups,
                                MetricName.ESTIMATED_ACCEPTANCE,
                                () -> estimates.last().gamma(),
                                MetricName.ESTIMATED_STEP_MICROSECONDS,
                                () -> micros(estimates.last().stepSeconds(false)),
                                MetricName.ESTIMATED_CALL_MICROSECONDS,
                                () -> micros(estimates.last().plainCallSeconds()),
                                MetricName.IN_FLIGHT,
                                admission::inFlight,
                                MetricName.PARKED,
                                admission::parked));
    }

    void count(MetricName name) {
        metrics.count(name);
    }

    /** An event that was not stale, and what it made of the session. */
    void stepped(SessionEvent event, DecodingSession before, DecodingSession after) {
        switch (event) {
            case Event.Generated e -> generated(e.seconds());
            case KnnEvent.Speculated e -> generated(e.seconds());
            case Event.Verified e -> retrieved(e.seconds());
            case KnnEvent.Searched e -> retrieved(e.seconds());
            case SessionEvent.Cancelled e -> metrics.count(MetricName.CANCELLED);
            case SessionEvent.DeadlinePassed e -> metrics.count(MetricName.DEADLINES);
            default -> {}
        }
        Counters old = before.counters();
        Counters now = after.counters();
        COUNTED.forEach((name, count) -> count(name, old, now, count));
        metrics.count(
                MetricName.TOKENS_PER_SECOND,
                after.transcript().generated().length - before.transcript().generated().length);
        if (now.rolledBackTokens() > old.rolledBackTokens()) {
            metrics.count(MetricName.ROLLBACKS);
        }
        if (now.rounds() > old.rounds()) {
            rounds.round(now.retrievalQueries() - old.retrievalQueries());
        }
        rounds.judged(now.guesses() - old.guesses(), now.accepted() - old.accepted());
    }

    private void generated(double seconds) {
        metrics.recordSeconds(MetricName.GENERATION_MICROSECONDS, seconds);
    }

    private void retrieved(double seconds) {
        metrics.recordSeconds(MetricName.RETRIEVAL_MICROSECONDS, seconds);
    }

    void answered(Answer answer) {
        metrics.count(MetricName.ANSWERS_PER_SECOND);
        if (answer.error() != null) {
            metrics.count(MetricName.ERRORS);
        }
    }

    private void count(MetricName name, Counters old, Counters now, ToIntFunction<Counters> count) {
        metrics.count(name, count.applyAsInt(now) - count.applyAsInt(old));
    }

    private static long micros(double seconds) {
        return Math.round(seconds * 1e6);
    }
}
