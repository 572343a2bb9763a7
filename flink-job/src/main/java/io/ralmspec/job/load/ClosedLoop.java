package io.ralmspec.job.load;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.RequestError;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.function.IntFunction;

/**
 * Keeps a number of requests outstanding: for warming up, and to find out what the job can do at
 * most. Not for latencies: a slow job is asked less.
 */
final class ClosedLoop implements LoadTarget.Listener {
    private static final Duration POLL = Duration.ofMillis(100);

    private final LoadTarget target;
    private final int window;
    private final Duration timeout;
    private final Set<String> outstanding = new HashSet<>();

    /** Whether more are asked, so that the window is full. */
    private boolean asking;

    private long lastSign;
    private long firstAnswer;
    private long lastAnswer;
    private int answers;

    /**
     * @param window requests outstanding, at least 1
     * @param timeout without any answer before giving up
     */
    ClosedLoop(LoadTarget target, int window, Duration timeout) {
        this.target = target;
        this.window = window;
        this.timeout = timeout;
    }

    /**
     * Asks until the count or the time is over, and waits for what is out then.
     *
     * @param count requests at most
     * @return answers per second while the window was full; 0 if there were too few to say
     * @throws IllegalStateException if a request fails, or nothing is answered for long
     */
    double run(IntFunction<DecodingRequest> requests, int count, Duration length) {
        outstanding.clear();
        answers = 0;
        firstAnswer = 0;
        lastAnswer = 0;
        long start = target.nanoTime();
        long end = start + length.toNanos();
        lastSign = start;
        int next = 0;
        asking = true;
        while (asking || !outstanding.isEmpty()) {
            asking = next < count && target.nanoTime() - end < 0;
            while (asking && outstanding.size() < window) {
                DecodingRequest request = requests.apply(next++);
                outstanding.add(request.id());
                target.submit(request);
                asking = next < count;
            }
            target.receive(POLL, this);
            if (target.nanoTime() - lastSign > timeout.toNanos()) {
                outstanding.forEach(target::cancel);
                throw new IllegalStateException(
                        "no answer to any of %d requests within --timeout = %d s: does the job run?"
                                .formatted(outstanding.size(), timeout.toSeconds()));
            }
        }
        return lastAnswer == firstAnswer ? 0 : (answers - 1) / ((lastAnswer - firstAnswer) / 1e9);
    }

    @Override
    public void answered(Answer answer, long nanos) {
        if (!outstanding.remove(answer.id())) {
            return;
        }
        RequestError error = answer.error();
        if (error != null) {
            throw new IllegalStateException(
                    "a request to warm up failed: %s: %s"
                            .formatted(error.code().wireName(), error.message()));
        }
        lastSign = nanos;
        if (asking) {
            if (answers == 0) {
                firstAnswer = nanos;
            }
            lastAnswer = nanos;
            answers++;
        }
    }

    @Override
    public void text(String id, long nanos) {}

    @Override
    public void unsent(String id, long nanos) {
        if (outstanding.contains(id)) {
            throw new IllegalStateException(
                    "a request to warm up did not reach Kafka: check --bootstrap-servers");
        }
    }
}
