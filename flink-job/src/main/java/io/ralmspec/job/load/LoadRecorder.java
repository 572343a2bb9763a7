package io.ralmspec.job.load;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.FinishReason;
import io.ralmspec.decoding.RequestError;
import io.ralmspec.decoding.Timings;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Keeps what became of each request of one open-loop run. All times count from the intended
 * arrival, never from the sending: a generator or a job that stalls makes every request late that
 * should have come meanwhile (coordinated omission is not possible).
 *
 * <p>Owns no clock. Used by one thread.
 */
final class LoadRecorder {
    /** The key of {@link #errors} for requests that Kafka did not take. */
    static final String UNSENT = "unsent";

    private final long timeoutNanos;
    private final boolean streamed;
    private final @Nullable Answer[] answers;

    /** In order of arrival, so that the first one expires first. */
    private final Map<String, Pending> pending = new LinkedHashMap<>();

    private final Latencies latencies = new Latencies();
    private final Latencies firstTokens = new Latencies();
    private final Latencies sendDelays = new Latencies();
    private final Map<String, Integer> errors = new TreeMap<>();
    private final Backlog backlog = new Backlog();
    private int outstanding;
    private double outsideSeconds;
    private int refused;
    private int timedOut;
    private long firstArrival = Long.MAX_VALUE;
    private long lastArrival = Long.MIN_VALUE;
    private long lastAnswer = Long.MIN_VALUE;

    private static final class Pending {
        final int index;
        final long intended;
        boolean answered;
        boolean firstToken;

        Pending(int index, long intended, boolean firstToken) {
            this.index = index;
            this.intended = intended;
            this.firstToken = firstToken;
        }
    }

    /**
     * @param requests that will arrive
     * @param streamed whether their text comes in parts, the first of which is the first token
     */
    LoadRecorder(int requests, long timeoutNanos, boolean streamed) {
        this.answers = new Answer[requests];
        this.timeoutNanos = timeoutNanos;
        this.streamed = streamed;
    }

    /** Requests sent that have neither an answer nor given up. */
    int outstanding() {
        return outstanding;
    }

    /** Whether nothing more is to come. */
    boolean idle() {
        return pending.isEmpty();
    }

    /**
     * A request arrives.
     *
     * @param intended when it does by the schedule
     */
    void arrived(long intended) {
        backlog.seen(outstanding);
        firstArrival = Math.min(firstArrival, intended);
        lastArrival = Math.max(lastArrival, intended);
    }

    /** It was not sent, as too many are outstanding. */
    void refused() {
        refused++;
    }

    /** It is sent now. */
    void sent(int index, String id, long intended, long now) {
        pending.put(id, new Pending(index, intended, !streamed));
        outstanding++;
        sendDelays.add(now - intended);
    }

    void text(String id, long now) {
        Pending request = pending.get(id);
        if (request != null && !request.firstToken) {
            request.firstToken = true;
            firstTokens.add(now - request.intended);
            removeIfDone(id, request);
        }
    }

    void answered(Answer answer, long now) {
        Pending request = pending.get(answer.id());
        if (request == null || request.answered) {
            return;
        }
        request.answered = true;
        outstanding--;
        if (good(answer)) {
            answers[request.index] = answer;
            lastAnswer = Math.max(lastAnswer, now);
            latencies.add(now - request.intended);
            Timings job = answer.timings();
            outsideSeconds += (now - request.intended) / 1e9 - job.total();
            if (!streamed) {
                double after = job.total() - job.firstToken();
                firstTokens.add(now - request.intended - Math.round(after * 1e9));
            }
            // Without text there is no first token to wait for.
            request.firstToken |= answer.text().isEmpty();
        } else {
            errors.merge(codeOf(answer), 1, Integer::sum);
            request.firstToken = true;
        }
        removeIfDone(answer.id(), request);
    }

    void unsent(String id) {
        Pending request = pending.remove(id);
        if (request != null && !request.answered) {
            outstanding--;
            errors.merge(UNSENT, 1, Integer::sum);
        }
    }

    /**
     * Gives up on requests that have waited for the timeout. They count as having waited that long,
     * so that leaving them out flatters nothing.
     *
     * @return the ids of those without an answer
     */
    List<String> expire(long now) {
        List<String> given = new ArrayList<>();
        Iterator<Map.Entry<String, Pending>> all = pending.entrySet().iterator();
        while (all.hasNext()) {
            Map.Entry<String, Pending> entry = all.next();
            Pending request = entry.getValue();
            if (now - request.intended < timeoutNanos) {
                break;
            }
            all.remove();
            if (!request.answered) {
                outstanding--;
                timedOut++;
                latencies.add(timeoutNanos);
                given.add(entry.getKey());
            }
            if (!request.firstToken) {
                firstTokens.add(timeoutNanos);
            }
        }
        return given;
    }

    private void removeIfDone(String id, Pending request) {
        if (request.answered && request.firstToken) {
            pending.remove(id);
        }
    }

    private static boolean good(Answer answer) {
        return answer.finishReason() == FinishReason.STOP
                || answer.finishReason() == FinishReason.LENGTH;
    }

    private static String codeOf(Answer answer) {
        RequestError error = answer.error();
        return error == null ? answer.finishReason().wireName() : error.code().wireName();
    }

    /** {@code answers()[i]} answers request i; null if it was refused, failed or timed out. */
    @Nullable Answer[] answers() {
        return answers;
    }

    /** From the intended arrival to the answer, or to the timeout; without errors. */
    Latencies latencies() {
        return latencies;
    }

    /** From the intended arrival to the first verified text. */
    Latencies firstTokens() {
        return firstTokens;
    }

    /** From the intended arrival to the sending: how late the generator itself was. */
    Latencies sendDelays() {
        return sendDelays;
    }

    /** Requests without a good answer, by error code or finish reason. */
    Map<String, Integer> errors() {
        return errors;
    }

    /** Of all good answers together: latency that the job itself did not count. */
    double outsideSeconds() {
        return outsideSeconds;
    }

    Backlog backlog() {
        return backlog;
    }

    int refusedCount() {
        return refused;
    }

    int timedOutCount() {
        return timedOut;
    }

    /**
     * From the first intended arrival to the last answer or, if that is later, the last arrival.
     */
    double seconds() {
        return backlog.arrivals() == 0
                ? 0
                : (Math.max(lastArrival, lastAnswer) - firstArrival) / 1e9;
    }
}
