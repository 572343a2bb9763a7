package io.ralmspec.streaming;

import io.ralmspec.decoding.Hits;
import io.ralmspec.decoding.Query;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that searches in one way, for all who decode with it in a JVM, batching by group
 * commit: when it is free it takes all that waits, up to a bound, into one search. No timer: a
 * request alone is served at once, and batches grow by themselves under load. Needs no Flink: the
 * job's subtasks and the benchmark's library engine use it alike.
 *
 * <p><i>Owns:</i> the thread, not what it searches. <i>Lifecycle:</i> close it before the knowledge
 * base; in a job, from the first to the last lease of a {@link SharedServing}. <i>Threading:</i>
 * called by any thread; callbacks run on the worker's thread and must not block.
 */
public final class VerificationWorker implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(VerificationWorker.class);

    /** Takes a result. Called on the worker's thread. */
    @FunctionalInterface
    public interface Callback {
        /**
         * @param batchQueries queries in the search that found it
         */
        void completed(VerificationResult result, int batchQueries);
    }

    private record Waiting(VerificationRequest request, long dueNanos, Callback callback) {
        /** What is due first comes first. */
        static final Comparator<Waiting> ORDER =
                (one, other) -> Long.signum(one.dueNanos - other.dueNanos);

        /** Negative before it is due. */
        long waitedNanos() {
            return System.nanoTime() - dueNanos;
        }

        double seconds() {
            return waitedNanos() / 1e9;
        }
    }

    private final Search search;
    private final int maxBatch;
    private final ArrayDeque<Waiting> queue = new ArrayDeque<>();

    /** What is not due yet. */
    private final PriorityQueue<Waiting> later = new PriorityQueue<>(Waiting.ORDER);

    private final WorkerThread thread;
    private boolean closed;

    /**
     * @param name of what is searched, for the thread's
     * @param maxBatch queries per search, at least 1; a larger request is searched alone
     */
    public VerificationWorker(String name, Search search, int maxBatch) {
        this.search = search;
        this.maxBatch = maxBatch;
        this.thread = WorkerThread.start("ralmspec-verification-" + name, this::runNext);
    }

    /**
     * Calls back exactly once, with hits or with an error, unless the worker is closed or the
     * request abandoned before.
     */
    public synchronized void submit(VerificationRequest request, Callback callback) {
        queue.add(new Waiting(request, System.nanoTime(), callback));
        notifyAll();
    }

    /** As {@link #submit} after a pause, which does not count as the request's time. */
    public synchronized void submitAfter(
            Duration pause, VerificationRequest request, Callback callback) {
        later.add(new Waiting(request, System.nanoTime() + pause.toNanos(), callback));
        notifyAll();
    }

    /**
     * Drops the request if it waits or is not due: nobody wants its answer any more. One that is
     * being searched is still called back.
     *
     * @param request the very object that was submitted; one that is equal may be wanted by another
     * @return whether it waited; otherwise it was called back or will be
     */
    public synchronized boolean abandon(VerificationRequest request) {
        return queue.removeIf(waiting -> isSame(waiting.request(), request))
                | later.removeIf(waiting -> isSame(waiting.request(), request));
    }

    @SuppressWarnings("ReferenceEquality")
    private static boolean isSame(VerificationRequest one, VerificationRequest other) {
        return one == other;
    }

    /**
     * Drops what waits, and returns when the running search has ended.
     *
     * @throws IllegalStateException if the search does not end: what is searched must then stay
     *     open
     */
    @Override
    public void close() {
        thread.stop(
                () -> {
                    synchronized (this) {
                        closed = true;
                        queue.clear();
                        later.clear();
                        notifyAll();
                    }
                });
    }

    private boolean runNext() throws InterruptedException {
        List<Waiting> batch = take();
        if (batch.isEmpty()) {
            return false;
        }
        search(batch);
        return true;
    }

    /** All that is due, up to the bound, at least one; empty once closed. */
    private synchronized List<Waiting> take() throws InterruptedException {
        takeInWhatIsDue();
        while (queue.isEmpty() && !closed) {
            if (later.isEmpty()) {
                wait();
            } else {
                TimeUnit.NANOSECONDS.timedWait(this, -later.element().waitedNanos());
            }
            takeInWhatIsDue();
        }
        List<Waiting> batch = new ArrayList<>();
        int queries = 0;
        while (!queue.isEmpty() && !closed) {
            queries += queue.getFirst().request().queries().size();
            if (!batch.isEmpty() && (queries > maxBatch || !together(batch.getFirst()))) {
                break;
            }
            batch.add(queue.removeFirst());
        }
        return batch;
    }

    /** Whether what waits next may be searched with what is taken. */
    private synchronized boolean together(Waiting taken) {
        return search.anyCount() || queue.getFirst().request().topN() == taken.request().topN();
    }

    private synchronized void takeInWhatIsDue() {
        while (!later.isEmpty() && later.element().waitedNanos() >= 0) {
            queue.add(later.remove());
        }
    }

    private void search(List<Waiting> batch) {
        List<Query> queries = new ArrayList<>();
        int topN = 1;
        for (Waiting waiting : batch) {
            queries.addAll(waiting.request().queries());
            topN = Math.max(topN, waiting.request().topN());
        }
        List<Hits> hits;
        try {
            hits = search.search(queries, topN);
            if (hits.size() != queries.size()) {
                throw new IllegalStateException(
                        "the knowledge base must answer %d queries (got %d answers)"
                                .formatted(queries.size(), hits.size()));
            }
        } catch (Throwable e) { // an Error must reach the request too, not end the thread
            failed(batch, e);
            return;
        }
        int from = 0;
        for (Waiting waiting : batch) {
            VerificationRequest request = waiting.request();
            int to = from + request.queries().size();
            List<Hits> own =
                    hits.subList(from, to).stream().map(h -> first(h, request.topN())).toList();
            from = to;
            complete(
                    waiting,
                    new VerificationResult(
                            request.requestId(), request.epoch(), own, waiting.seconds(), null),
                    queries.size());
        }
    }

    /** Finds out whose fault it was, so that a query that can't be searched harms no other. */
    private void failed(List<Waiting> batch, Throwable error) {
        if (batch.size() > 1) {
            batch.forEach(waiting -> search(List.of(waiting)));
            return;
        }
        Waiting waiting = batch.getFirst();
        VerificationRequest request = waiting.request();
        LOG.warn(
                "The knowledge base failed on request {}",
                request.requestId(),
                LoggedFailure.of(error));
        String message =
                "the knowledge base failed (%s): see the log for request %s"
                        .formatted(error.getClass().getSimpleName(), request.requestId());
        complete(
                waiting,
                VerificationResult.failed(request, waiting.seconds(), message),
                request.queries().size());
    }

    private static void complete(Waiting waiting, VerificationResult result, int batchQueries) {
        try {
            waiting.callback().completed(result, batchQueries);
        } catch (RuntimeException e) {
            LOG.error(
                    "Result of request {} was not taken", result.requestId(), LoggedFailure.of(e));
        }
    }

    private static Hits first(Hits hits, int topN) {
        return hits.size() <= topN
                ? hits
                : new Hits(
                        Arrays.copyOf(hits.documents(), topN), Arrays.copyOf(hits.scores(), topN));
    }
}
