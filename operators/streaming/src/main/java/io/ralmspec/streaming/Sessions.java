package io.ralmspec.streaming;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.AnswerRecord;
import io.ralmspec.decoding.Command;
import io.ralmspec.decoding.DeadLetter;
import io.ralmspec.decoding.DecodingMode;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.DecodingSession;
import io.ralmspec.decoding.DeltaRecord;
import io.ralmspec.decoding.ErrorCode;
import io.ralmspec.decoding.Estimates;
import io.ralmspec.decoding.Event;
import io.ralmspec.decoding.Origin;
import io.ralmspec.decoding.RequestError;
import io.ralmspec.decoding.RetrievalParameters;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.SessionCommand;
import io.ralmspec.decoding.SessionEvent;
import io.ralmspec.decoding.SessionState;
import io.ralmspec.decoding.Submission;
import io.ralmspec.decoding.Transition;
import io.ralmspec.decoding.knnlm.Datastore;
import io.ralmspec.decoding.knnlm.KnnCommand;
import io.ralmspec.decoding.knnlm.KnnEvent;
import io.ralmspec.decoding.knnlm.KnnState;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The sessions of one subtask: loads one, lets the decoder decide, stores it, and runs the commands
 * through an {@link Outbox}. Called by {@link SpeculativeRetrievalOperator} for every submission,
 * result and sweep.
 *
 * <p><i>Owns:</i> who is in flight, who is parked, and the deadlines, all rebuilt by {@link
 * #resume}; and the estimates, which new sessions start from. <i>Threading:</i> task thread only.
 * <i>State:</i> {@link SessionStates}, written in the mail that runs a command, so that a
 * checkpoint never misses a command's session.
 */
final class Sessions {
    /** Where commands go, and what a session needs of its operator. */
    interface Outbox {
        /** Whether this subtask holds the state of that request. */
        boolean ownsKey(String id);

        /** Makes this the request whose state is read and written. */
        void selectKey(String id);

        long nowMillis();

        void prepare(Command.Prepare command);

        void generate(Command.Generate command);

        void prepare(KnnCommand.Prepare command);

        void speculate(KnnCommand.Speculate command);

        void settle(KnnCommand.Settle command);

        void verify(VerificationRequest request);

        void delta(DeltaRecord delta);

        void answer(AnswerRecord answer);

        void deadLetter(DeadLetter letter);

        /** Forgets what the model keeps for a request. */
        void release(String id);
    }

    /** More sessions than this don't make progress at the same time. */
    private static final int RECENT = 64;

    private final GuardedDecoder decoder;
    private final SharedServing.Lease serving;
    private final SessionStates states;
    private final AdmissionQueue admission;
    private final SessionMetrics metrics;
    private final Outbox outbox;
    private final RecentSessions recent = new RecentSessions(RECENT);
    private final Deadlines deadlines = new Deadlines();
    private final RunningEstimates estimates = new RunningEstimates();
    private final int maxParked;

    Sessions(
            SharedServing.Lease serving,
            OperatorOptions options,
            SessionStates states,
            SessionMetricsFactory metrics,
            Outbox outbox) {
        this.serving = serving;
        this.decoder =
                new GuardedDecoder(
                        serving.decoder(options.strides()), serving.knnDecoder(options.strides()));
        this.states = states;
        this.admission = new AdmissionQueue(options.maxInFlight(), options.maxParked());
        this.metrics = metrics.create(admission, estimates);
        this.outbox = outbox;
        this.maxParked = options.maxParked();
    }

    /** Registers the metrics over what the sessions own. */
    @FunctionalInterface
    interface SessionMetricsFactory {
        SessionMetrics create(AdmissionQueue admission, RunningEstimates estimates);
    }

    /** Whether nothing is in flight or parked. */
    boolean idle() {
        return admission.isEmpty();
    }

    /** A record of the request topic: a new request, run or refused, or a cancellation. */
    void submit(Submission submission) throws IOException {
        outbox.selectKey(submission.id());
        if (submission.cancels()) {
            cancel(submission);
            return;
        }
        metrics.count(MetricName.REQUESTS_PER_SECOND);
        if (states.known()) {
            metrics.count(MetricName.DUPLICATES);
            deadLetter(
                    submission.origin(),
                    ErrorCode.DUPLICATE_ID,
                    "`id` must be new within the retention window (got %s again): send it once, or"
                            + " under a new id",
                    submission.id());
            return;
        }
        DecodingRequest request = submission.request();
        if (request == null) {
            refuse(submission, Objects.requireNonNull(submission.refusal()));
            return;
        }
        RequestError missing = missing(request.retrieval());
        if (missing != null) {
            refuse(submission, missing);
            return;
        }
        admit(submission, request);
    }

    /** What a request needs and this job does not have, or null. */
    private @Nullable RequestError missing(RetrievalParameters retrieval) {
        DecodingMode mode = retrieval.mode();
        RetrieverKind retriever = retrieval.retriever();
        List<RetrieverKind> retrievers = serving.retrievers(mode.neighbours());
        if (retrievers.contains(retriever)) {
            return null;
        }
        if (retrievers.isEmpty()) {
            String message =
                    "`retrieval.mode` must be baseline or speculative in a job without a datastore"
                            + " (got %s)";
            return new RequestError(
                    ErrorCode.INVALID_FIELD, "retrieval.mode", message.formatted(mode.wireName()));
        }
        String message =
                "`retrieval.retriever` must be one of %s (got %s): the %s was built without it";
        return new RequestError(
                ErrorCode.UNKNOWN_RETRIEVER,
                "retrieval.retriever",
                message.formatted(
                        retrievers.stream().map(RetrieverKind::wireName).toList(),
                        retriever.wireName(),
                        mode.neighbours() ? "datastore" : "knowledge base"));
    }

    /** The answer to a verification. */
    void verified(VerificationResult result) throws IOException {
        receive(
                result.requestId(),
                stored -> {
                    if (result.error() != null) {
                        ErrorCode code = result.error().code();
                        return new SessionEvent.Failed(
                                result.epoch(), code, result.error().message());
                    }
                    Datastore datastore = serving.datastore();
                    return datastore != null && stored.session() instanceof KnnState
                            ? new KnnEvent.Searched(
                                    result.epoch(),
                                    NeighbourSearch.neighbours(datastore, result.hits()),
                                    result.seconds())
                            : new Event.Verified(result.epoch(), result.hits(), result.seconds());
                });
    }

    /** A result for a session; one that nobody waits for any more is dropped and counted. */
    void receive(String id, SessionEvent event) throws IOException {
        receive(id, stored -> event);
    }

    private void receive(String id, Function<StoredSession, SessionEvent> event)
            throws IOException {
        StoredSession stored = outbox.ownsKey(id) ? load(id) : null;
        if (stored == null) {
            metrics.count(MetricName.STALE_RESULTS_DROPPED);
        } else {
            apply(stored, event.apply(stored));
        }
    }

    /** Ends the requests whose deadline has passed. */
    void passDeadlines() throws IOException {
        for (String id : deadlines.passed(outbox.nowMillis())) {
            receive(id, new SessionEvent.DeadlinePassed());
        }
    }

    /** Takes the sessions of these ids up again after a restore, in order of arrival. */
    void resume(List<String> ids) throws IOException {
        List<Arrival> arrivals = new ArrayList<>();
        for (String id : ids) {
            StoredSession stored = load(id);
            if (stored != null) {
                arrivals.add(Arrival.of(stored));
            }
        }
        Collections.sort(arrivals);
        for (Arrival arrival : arrivals) {
            String id = arrival.id();
            deadlines.add(id, arrival.receivedMillis(), arrival.deadlineMillis());
            if (arrival.submitted()) {
                admission.restoreParked(id);
            } else {
                StoredSession stored = loadExisting(id);
                admission.restoreInFlight(id);
                metrics.count(MetricName.REISSUED);
                proceed(stored, decoder.resume(stored, outbox.nowMillis()));
            }
        }
        admitParked();
    }

    private void cancel(Submission submission) throws IOException {
        StoredSession stored = load(submission.id());
        if (stored != null) {
            apply(stored, new SessionEvent.Cancelled());
            return;
        }
        deadLetter(
                submission.origin(),
                ErrorCode.UNKNOWN_ID,
                "`id` must be that of a request in flight to cancel it (got %s): it was answered"
                        + " already, or never sent",
                submission.id());
    }

    private void admit(Submission submission, DecodingRequest request) throws IOException {
        DecodingSession submitted =
                request.retrieval().mode().neighbours()
                        ? KnnState.submitted(request, outbox.nowMillis())
                        : SessionState.submitted(request, outbox.nowMillis());
        StoredSession stored = new StoredSession(submission.origin(), submitted);
        switch (admission.offer(request.id())) {
            case START -> {
                addDeadline(submitted);
                start(stored);
            }
            case PARK -> {
                addDeadline(submitted);
                states.store(stored);
            }
            case REFUSE ->
                    refuse(
                            submission,
                            ErrorCode.OVERLOADED,
                            "",
                            "requests waiting in this subtask must be <= %d (got %d): send it later"
                                    + " under a new id",
                            maxParked,
                            maxParked + 1);
        }
    }

    private void start(StoredSession submitted) throws IOException {
        Estimates expected = estimates.expected(submitted.session().request());
        proceed(submitted, decoder.start(submitted, expected, outbox.nowMillis()));
    }

    private void apply(StoredSession stored, SessionEvent event) throws IOException {
        DecodingSession before = stored.session();
        Transition<?> transition = decoder.step(stored, event, outbox.nowMillis());
        DecodingSession after = transition.state();
        if (after == before) {
            metrics.count(MetricName.STALE_RESULTS_DROPPED);
            return;
        }
        metrics.stepped(event, before, after);
        proceed(stored, transition);
        if (after.finished()) {
            estimates.learn(after);
            admitParked();
        }
    }

    /**
     * Runs the commands of a decision and stores what it changed. In this order, as the model need
     * not wait for the state; both in one mail, so that no checkpoint and no result comes between.
     */
    private void proceed(StoredSession before, Transition<?> transition) throws IOException {
        DecodingSession after = transition.state();
        StoredSession next = before.with(after);
        run(next, transition.commands());
        if (after != before.session() && !after.finished()) {
            states.store(next);
            recent.put(next);
        }
    }

    private void run(StoredSession stored, List<SessionCommand> commands) throws IOException {
        for (SessionCommand command : commands) {
            switch (command) {
                case Command.Prepare c -> outbox.prepare(c);
                case Command.Generate c -> outbox.generate(c);
                case Command.Verify c -> outbox.verify(VerificationRequest.of(stored.id(), c));
                case KnnCommand.Prepare c -> outbox.prepare(c);
                case KnnCommand.Speculate c -> outbox.speculate(c);
                case KnnCommand.Settle c -> outbox.settle(c);
                case KnnCommand.Search c -> outbox.verify(VerificationRequest.of(stored.id(), c));
                case SessionCommand.EmitDelta c ->
                        outbox.delta(new DeltaRecord(stored.origin(), c.delta()));
                case SessionCommand.Finish c -> {
                    String id = stored.id();
                    admission.remove(id);
                    deadlines.remove(id);
                    recent.remove(id);
                    outbox.release(id);
                    answer(stored.origin(), c.answer());
                }
                default -> throw new IllegalStateException("a command of no known decoder");
            }
        }
    }

    private void admitParked() throws IOException {
        String id;
        while ((id = admission.admit()) != null) {
            start(loadExisting(id));
        }
    }

    private StoredSession loadExisting(String id) throws IOException {
        StoredSession stored = load(id);
        if (stored == null) {
            throw new IllegalStateException("request " + id + " must have a session (got none)");
        }
        return stored;
    }

    private @Nullable StoredSession load(String id) throws IOException {
        outbox.selectKey(id);
        StoredSession stored = recent.get(id);
        return stored == null ? states.load() : stored;
    }

    private void answer(Origin origin, Answer answer) throws IOException {
        states.answered(outbox.nowMillis());
        metrics.answered(answer);
        outbox.answer(new AnswerRecord(origin, answer));
    }

    private void refuse(
            Submission submission,
            ErrorCode code,
            String field,
            String message,
            @Nullable Object... args)
            throws IOException {
        refuse(submission, new RequestError(code, field, message.formatted(args)));
    }

    private void refuse(Submission submission, RequestError error) throws IOException {
        answer(submission.origin().withoutValue(), Answer.refused(submission.id(), error));
    }

    private void deadLetter(Origin origin, ErrorCode code, String message, String id) {
        outbox.deadLetter(
                new DeadLetter(origin, new RequestError(code, "id", message.formatted(id))));
    }

    private void addDeadline(DecodingSession session) {
        DecodingRequest request = session.request();
        deadlines.add(request.id(), session.receivedMillis(), request.deadlineMillis());
    }
}
