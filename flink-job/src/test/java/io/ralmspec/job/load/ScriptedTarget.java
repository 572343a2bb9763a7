package io.ralmspec.job.load;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.Counters;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.ErrorCode;
import io.ralmspec.decoding.FinishReason;
import io.ralmspec.decoding.RequestError;
import io.ralmspec.decoding.Timings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;

/** Answers one request at a time, in virtual time, and can stall. */
final class ScriptedTarget implements LoadTarget {
    static final long MILLIS = 1_000_000;

    private record Happening(long at, int number, Consumer<Listener> what) {}

    final List<DecodingRequest> sent = new ArrayList<>();
    final List<String> cancelled = new ArrayList<>();

    /** What the answer to a request says. */
    Function<DecodingRequest, int[]> tokens = request -> new int[] {request.prompt().length()};

    Predicate<DecodingRequest> fails = request -> false;
    Predicate<DecodingRequest> unsent = request -> false;
    Predicate<DecodingRequest> silent = request -> false;

    /** In this time, the server does nothing; nanoseconds. */
    long stallFrom = Long.MAX_VALUE;

    long stallTo = Long.MAX_VALUE;

    /** A submission from this time on blocks once, for this long. */
    long blockFrom = Long.MAX_VALUE;

    long blockNanos;

    private final long serviceNanos;
    private final PriorityQueue<Happening> happenings =
            new PriorityQueue<>(
                    Comparator.comparingLong(Happening::at).thenComparing(Happening::number));
    private long now = 1_000_000_000_000L;
    private final long origin = now;
    private long busyUntil = now;

    ScriptedTarget(long serviceMillis) {
        this.serviceNanos = serviceMillis * MILLIS;
    }

    @Override
    public long nanoTime() {
        return now;
    }

    @Override
    public void submit(DecodingRequest request) {
        sent.add(request);
        if (now - origin >= blockFrom) {
            blockFrom = Long.MAX_VALUE;
            now += blockNanos;
        }
        if (unsent.test(request)) {
            happens(now, listener -> listener.unsent(request.id(), now));
            return;
        }
        if (silent.test(request)) {
            return;
        }
        long start = Math.max(now, busyUntil);
        if (start - origin >= stallFrom && start - origin < stallTo) {
            start = origin + stallTo;
        }
        busyUntil = start + serviceNanos;
        if (request.stream()) {
            happens(start + serviceNanos / 2, listener -> listener.text(request.id(), now));
        }
        happens(busyUntil, listener -> listener.answered(answer(request), now));
    }

    private void happens(long at, Consumer<Listener> what) {
        happenings.add(new Happening(at, happenings.size() + sent.size(), what));
    }

    private Answer answer(DecodingRequest request) {
        if (fails.test(request)) {
            return Answer.refused(
                    request.id(), new RequestError(ErrorCode.OVERLOADED, "", "too much"));
        }
        double seconds = serviceNanos / 1e9;
        return new Answer(
                request.id(),
                "text",
                tokens.apply(request),
                FinishReason.LENGTH,
                1,
                List.of(),
                new Counters(1, 4, 3, 0, 0, 0, 0, 0, 2, 5, 7),
                new Timings(0, seconds / 2, seconds / 4, seconds / 2, seconds),
                null);
    }

    @Override
    public void cancel(String id) {
        cancelled.add(id);
    }

    @Override
    public void receive(Duration wait, Listener listener) {
        long until = now + wait.toNanos();
        Happening first = happenings.peek();
        now = first == null ? until : Math.max(now, Math.min(until, first.at()));
        while (!happenings.isEmpty() && happenings.peek().at() <= now) {
            happenings.remove().what().accept(listener);
        }
    }
}
