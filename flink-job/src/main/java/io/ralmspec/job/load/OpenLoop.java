package io.ralmspec.job.load;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.DecodingRequest;
import java.time.Duration;
import java.util.function.IntFunction;

/**
 * Sends requests when the schedule says, whatever became of earlier ones. A request that finds too
 * many outstanding is refused: counted, not sent, and not sent later either.
 */
final class OpenLoop {
    private static final long POLL_NANOS = 100_000_000;

    private final LoadTarget target;
    private final int maxOutstanding;
    private final Duration timeout;

    /**
     * @param maxOutstanding requests without answer at most, at least 1
     * @param timeout from the intended arrival to giving up
     */
    OpenLoop(LoadTarget target, int maxOutstanding, Duration timeout) {
        this.target = target;
        this.maxOutstanding = maxOutstanding;
        this.timeout = timeout;
    }

    /**
     * Runs until every request is answered or given up. Those given up are cancelled, so that the
     * job does not go on for nobody.
     *
     * @param requests makes request i; all of them streamed, or none
     * @param streamed whether they are
     */
    LoadRecorder run(
            ArrivalSchedule schedule, IntFunction<DecodingRequest> requests, boolean streamed) {
        LoadRecorder recorder = new LoadRecorder(schedule.size(), timeout.toNanos(), streamed);
        LoadTarget.Listener listener = new Recording(recorder);
        long start = target.nanoTime();
        int next = 0;
        while (next < schedule.size() || !recorder.idle()) {
            long now = target.nanoTime();
            while (next < schedule.size() && start + schedule.at(next) - now <= 0) {
                arrive(recorder, start + schedule.at(next), next, requests);
                next++;
                now = target.nanoTime();
            }
            recorder.expire(now).forEach(target::cancel);
            long wait = next < schedule.size() ? start + schedule.at(next) - now : POLL_NANOS;
            target.receive(Duration.ofNanos(Math.clamp(wait, 0, POLL_NANOS)), listener);
        }
        return recorder;
    }

    private void arrive(
            LoadRecorder recorder,
            long intended,
            int index,
            IntFunction<DecodingRequest> requests) {
        recorder.arrived(intended);
        if (recorder.outstanding() >= maxOutstanding) {
            recorder.refused();
            return;
        }
        DecodingRequest request = requests.apply(index);
        recorder.sent(index, request.id(), intended, target.nanoTime());
        target.submit(request);
    }

    private record Recording(LoadRecorder recorder) implements LoadTarget.Listener {
        @Override
        public void answered(Answer answer, long nanos) {
            recorder.answered(answer, nanos);
        }

        @Override
        public void text(String id, long nanos) {
            recorder.text(id, nanos);
        }

        @Override
        public void unsent(String id, long nanos) {
            recorder.unsent(id);
        }
    }
}
