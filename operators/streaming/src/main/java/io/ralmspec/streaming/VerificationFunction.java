package io.ralmspec.streaming;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.streaming.api.functions.async.ResultFuture;
import org.apache.flink.streaming.api.functions.async.RichAsyncFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the knowledge base, again after a pause where it fails. A last failure or a timeout becomes
 * a failed {@link VerificationResult}, never a failed job: the head answers that one request with
 * an error.
 *
 * <p>Tries again by itself, because Flink's AsyncWaitOperator with a retry strategy takes two turns
 * through the mailbox per result. The second is refused where a stop with savepoint falls between
 * them, and fails the job that is being stopped (seen with Flink 2.2).
 *
 * <p><i>Owns:</i> a lease on the serving, whose {@link VerificationWorker}s batch across requests
 * and subtasks. <i>Lifecycle:</i> an AsyncWaitOperator's. <i>Threading:</i> called by the task
 * thread; completed by the worker's. <i>State:</i> the operator keeps what is out; the head asks
 * for it again after a restore too, and drops the second result.
 */
class VerificationFunction extends RichAsyncFunction<VerificationRequest, VerificationResult> {
    private static final Logger LOG = LoggerFactory.getLogger(VerificationFunction.class);

    private final ServingFactory servingFactory;
    private final OperatorOptions options;
    private transient SharedServing.@Nullable Lease serving;
    private transient RalmMetrics metrics;

    /** What is out; as many as the operator lets through. Nothing else is tried again. */
    private transient Set<ResultFuture<VerificationResult>> wanted;

    @SuppressWarnings("NullAway.Init") // Flink calls open before any record
    VerificationFunction(ServingFactory servingFactory, OperatorOptions options) {
        this.servingFactory = servingFactory;
        this.options = options;
    }

    @Override
    public void open(OpenContext context) throws Exception {
        super.open(context);
        metrics =
                new RalmMetrics(
                        getRuntimeContext().getMetricGroup(), OperatorUids.VERIFICATION, Map.of());
        wanted = ConcurrentHashMap.newKeySet();
        serving = SharedServing.acquire(servingFactory, options.maxVerificationBatch());
    }

    @Override
    public void asyncInvoke(
            VerificationRequest request, ResultFuture<VerificationResult> resultFuture)
            throws Exception {
        VerificationWorker worker = worker(request);
        if (worker == null) {
            // A session of a savepoint that was taken with another knowledge base.
            String message =
                    (request.neighbours()
                                    ? "the datastore was built without the %s retriever"
                                    : "the knowledge base was built without the %s retriever")
                            .formatted(request.retriever().wireName());
            VerificationResult failed = VerificationResult.failed(request, 0, message);
            count(failed, 0);
            complete(failed, resultFuture);
            return;
        }
        wanted.add(resultFuture);
        ask(worker, Duration.ZERO, request, 1, resultFuture);
    }

    private void ask(
            VerificationWorker worker,
            Duration pause,
            VerificationRequest request,
            int attempt,
            ResultFuture<VerificationResult> resultFuture) {
        worker.submitAfter(
                pause,
                request,
                (result, batchQueries) -> {
                    count(result, batchQueries);
                    if (result.failed()
                            && attempt < options.verificationAttempts()
                            && wanted.contains(resultFuture)) {
                        Duration next = options.verificationBackoff();
                        ask(worker, next, request, attempt + 1, resultFuture);
                    } else {
                        wanted.remove(resultFuture);
                        complete(result, resultFuture);
                    }
                });
    }

    @Override
    public void timeout(
            VerificationRequest request, ResultFuture<VerificationResult> resultFuture) {
        metrics.count(MetricName.VERIFICATION_TIMEOUTS);
        wanted.remove(resultFuture);
        VerificationWorker worker = worker(request);
        if (worker != null) {
            // Searching for nobody would make those behind it late as well.
            worker.abandon(request);
        }
        double seconds = options.verificationTimeout().toMillis() / 1000.0;
        String message =
                "the knowledge base must answer within %s s, %d attempts included (got no answer)"
                        .formatted(seconds, options.verificationAttempts());
        LOG.warn("Verification of request {} timed out", request.requestId());
        complete(VerificationResult.failed(request, seconds, message), resultFuture);
    }

    @Override
    public void close() throws Exception {
        if (wanted != null) {
            wanted.clear();
        }
        if (serving != null) {
            serving.close();
        }
        super.close();
    }

    private @Nullable VerificationWorker worker(VerificationRequest request) {
        return serving == null ? null : serving.verificationWorker(request);
    }

    private void count(VerificationResult result, int batchQueries) {
        metrics.count(MetricName.VERIFICATIONS_PER_SECOND);
        metrics.record(MetricName.BATCH_QUERIES, batchQueries);
        metrics.recordSeconds(MetricName.SEARCH_MICROSECONDS, result.seconds());
        if (result.failed()) {
            metrics.count(MetricName.VERIFICATION_FAILURES);
        }
    }

    private static void complete(
            VerificationResult result, ResultFuture<VerificationResult> resultFuture) {
        try {
            resultFuture.complete(List.of(result));
        } catch (RejectedExecutionException e) {
            // Shutting down. The head asks again after a restore.
            LOG.debug("Result for request {} came after the end", result.requestId());
        }
    }
}
