package io.ralmspec.job.bench;

import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.DecodingSession;
import io.ralmspec.decoding.Estimates;
import io.ralmspec.decoding.SessionCommand;
import io.ralmspec.decoding.SessionDecoder;
import io.ralmspec.decoding.Transition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The job's loop without the job: feeds a machine's results to the decoder and the decoder's
 * commands to the machine, until every session is over. Remembers what sessions cost as the job
 * does per subtask, but for each cell by itself, so that policies do not teach one another. Used by
 * one thread.
 *
 * @param <S> the sessions of one way to decode
 */
final class SessionLoop<S extends DecodingSession> {
    /** Makes the session of a request that waits to be started. */
    @FunctionalInterface
    interface Submitting<S> {
        S submitted(DecodingRequest request, long receivedMillis);
    }

    private final SessionDecoder<S> decoder;
    private final Submitting<S> submitting;
    private final Machine machine;
    private final Map<Cell, Estimates> expected = new HashMap<>();

    SessionLoop(SessionDecoder<S> decoder, Submitting<S> submitting, Machine machine) {
        this.decoder = decoder;
        this.submitting = submitting;
        this.machine = machine;
    }

    /** A request under way. */
    private static final class Running<S> {
        final double submitted;
        final List<SessionCommand> commands = new ArrayList<>();
        S state;
        @Nullable Outcome outcome;

        Running(S state, double submitted) {
            this.state = state;
            this.submitted = submitted;
        }
    }

    /**
     * @param atATime so many at the same time: when one is over, the next begins
     */
    Group run(Cell cell, List<DecodingRequest> requests, int atATime) throws InterruptedException {
        machine.settle();
        double start = machine.seconds();
        long searches = machine.searches();
        Map<String, Running<S>> sessions = new LinkedHashMap<>();
        int over = 0;
        while (over < requests.size()) {
            while (sessions.size() < requests.size() && sessions.size() - over < atATime) {
                start(cell, requests.get(sessions.size()), sessions);
            }
            Machine.Result result = machine.next();
            Running<S> session = sessions.get(result.id());
            if (session != null && session.outcome == null) {
                proceed(session, decoder.step(session.state, result.event(), nowMillis()));
                if (session.outcome != null) {
                    over++;
                    expected.put(cell, session.state.estimates());
                }
            }
        }
        double seconds = machine.seconds() - start;
        searches = machine.searches() - searches;
        machine.settle();
        return new Group(
                sessions.values().stream().map(SessionLoop::outcome).toList(), seconds, searches);
    }

    private void start(Cell cell, DecodingRequest request, Map<String, Running<S>> sessions) {
        long now = nowMillis();
        S submitted = submitting.submitted(request, now);
        Running<S> session = new Running<>(submitted, machine.seconds());
        sessions.put(request.id(), session);
        Estimates estimates = expected.getOrDefault(cell, Estimates.UNKNOWN);
        proceed(session, decoder.start(session.state, estimates, now));
    }

    private static Outcome outcome(Running<?> session) {
        if (session.outcome == null) {
            throw new IllegalStateException("a session must have ended by now");
        }
        return session.outcome;
    }

    private void proceed(Running<S> session, Transition<S> transition) {
        session.state = transition.state();
        String id = session.state.request().id();
        for (SessionCommand command : transition.commands()) {
            switch (command) {
                case SessionCommand.EmitDelta c -> {}
                case SessionCommand.Finish c -> {
                    double seconds = machine.seconds() - session.submitted;
                    session.outcome = new Outcome(c.answer(), seconds, session.commands);
                    machine.release(id);
                }
                default -> {
                    session.commands.add(command);
                    machine.run(id, command);
                }
            }
        }
    }

    private long nowMillis() {
        return Math.round(machine.seconds() * 1000);
    }
}
