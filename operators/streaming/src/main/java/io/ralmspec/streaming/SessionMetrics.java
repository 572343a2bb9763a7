package io.ralmspec.streaming;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.Counters;
import io.ralmspec.decoding.Event;
import io.ralmspec.decoding.SessionState;
import java.util.Map;
import org.apache.flink.metrics.MetricGroup;

/**
 * The head's metrics, read off the sessions as they change: what a session counts is counted here
 * once. Task thread only.
 */
final class SessionMetrics {
    private final RalmMetrics metrics;
    private final RoundWindow rounds = new RoundWindow();

    SessionMetrics(MetricGroup operatorGroup, AdmissionQueue admission) {
        metrics =
                new RalmMetrics(
                        operatorGroup,
                        OperatorUids.SPECULATIVE_RETRIEVAL,
                        Map.of(
                                MetricName.ACCEPTANCE, rounds::acceptance,
                                MetricName.SPECULATION_STRIDE, rounds::meanSteps,
                                MetricName.LAST_SPECULATION_STRIDE, rounds::lastSteps,
                                MetricName.IN_FLIGHT, admission::inFlight,
                                MetricName.PARKED, admission::parked));
    }

    void count(MetricName name) {
        metrics.count(name);
    }

    /** An event that was not stale, and what it made of the session. */
    void stepped(Event event, SessionState before, SessionState after) {
        switch (event) {
            case Event.Generated e ->
                    metrics.recordSeconds(MetricName.GENERATION_MICROSECONDS, e.seconds());
            case Event.Verified e ->
                    metrics.recordSeconds(MetricName.RETRIEVAL_MICROSECONDS, e.seconds());
            case Event.Cancelled e -> metrics.count(MetricName.CANCELLED);
            case Event.DeadlinePassed e -> metrics.count(MetricName.DEADLINES);
            case Event.Prepared e -> {}
            case Event.Failed e -> {}
        }
        Counters old = before.counters();
        Counters now = after.counters();
        metrics.count(MetricName.MODEL_STEPS, now.modelSteps() - old.modelSteps());
        metrics.count(MetricName.RETRIEVAL_CALLS, now.retrievalCalls() - old.retrievalCalls());
        metrics.count(
                MetricName.RETRIEVAL_QUERIES, now.retrievalQueries() - old.retrievalQueries());
        metrics.count(
                MetricName.TOKENS_PER_SECOND,
                after.transcript().generated().length - before.transcript().generated().length);
        if (now.rounds() > old.rounds()) {
            round(event, before, old, now);
        }
    }

    void answered(Answer answer) {
        metrics.count(MetricName.ANSWERS_PER_SECOND);
        if (answer.error() != null) {
            metrics.count(MetricName.ERRORS);
        }
    }

    private void round(Event event, SessionState before, Counters old, Counters now) {
        metrics.count(MetricName.ROUNDS_PER_SECOND);
        int dropped = now.rolledBackTokens() - old.rolledBackTokens();
        if (dropped > 0) {
            metrics.count(MetricName.ROLLBACKS);
            metrics.count(MetricName.ROLLED_BACK_TOKENS, dropped);
        }
        // A round that ends without verification ends with the step that this event brings.
        int steps = before.steps().size() + (event instanceof Event.Generated ? 1 : 0);
        rounds.add(steps, now.guesses() - old.guesses(), now.accepted() - old.accepted());
    }
}
