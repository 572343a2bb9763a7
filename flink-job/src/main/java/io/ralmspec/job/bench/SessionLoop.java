package io.ralmspec.job.bench;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.Command;
import io.ralmspec.decoding.Context;
import io.ralmspec.decoding.Counters;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.decoding.Estimates;
import io.ralmspec.decoding.Event;
import io.ralmspec.decoding.Generation;
import io.ralmspec.decoding.SessionState;
import io.ralmspec.decoding.SpeculativeDecoder;
import io.ralmspec.decoding.Timings;
import io.ralmspec.decoding.Transition;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The job's loop without the job: feeds a machine's results to the decoder and the decoder's
 * commands to the machine, until every session is over. Remembers what sessions cost as the job
 * does per subtask, but for each cell by itself, so that policies do not teach one another. Used by
 * one thread.
 */
final class SessionLoop {
    private final SpeculativeDecoder decoder;
    private final Machine machine;
    private final Map<Cell, Estimates> expected = new HashMap<>();

    SessionLoop(SpeculativeDecoder decoder, Machine machine) {
        this.decoder = decoder;
        this.machine = machine;
    }

    /** A request under way. */
    private static final class Running {
        final double submitted;
        final List<Command.Generate> steps = new ArrayList<>();
        SessionState state;
        @Nullable Outcome outcome;

        Running(SessionState state, double submitted) {
            this.state = state;
            this.submitted = submitted;
        }
    }

    Group run(Cell cell, List<DecodingRequest> requests) throws InterruptedException {
        machine.settle();
        double start = machine.seconds();
        Map<String, Running> sessions = new LinkedHashMap<>();
        for (DecodingRequest request : requests) {
            long now = nowMillis();
            Running session = new Running(SessionState.submitted(request, now), machine.seconds());
            sessions.put(request.id(), session);
            Estimates estimates = expected.getOrDefault(cell, Estimates.UNKNOWN);
            proceed(session, decoder.start(session.state, estimates, now));
        }
        while (sessions.values().stream().anyMatch(session -> session.outcome == null)) {
            Machine.Result result = machine.next();
            Running session = sessions.get(result.id());
            if (session != null && session.outcome == null) {
                proceed(session, decoder.step(session.state, result.event(), nowMillis()));
                if (session.outcome != null) {
                    expected.put(cell, session.state.estimates());
                }
            }
        }
        double seconds = machine.seconds() - start;
        machine.settle();
        return new Group(sessions.values().stream().map(SessionLoop::outcome).toList(), seconds);
    }

    private static Outcome outcome(Running session) {
        if (session.outcome == null) {
            throw new IllegalStateException("a session must have ended by now");
        }
        return session.outcome;
    }

    private void proceed(Running session, Transition transition) {
        session.state = transition.state();
        String id = session.state.request().id();
        for (Command command : transition.commands()) {
            switch (command) {
                case Command.Prepare c -> machine.prepare(c);
                case Command.Generate c -> {
                    session.steps.add(c);
                    machine.generate(c);
                }
                case Command.Verify c -> machine.verify(id, c);
                case Command.EmitDelta c -> {}
                case Command.Finish c -> {
                    double seconds = machine.seconds() - session.submitted;
                    session.outcome = new Outcome(c.answer(), seconds, session.steps);
                    machine.release(id);
                }
            }
        }
    }

    /** Runs the steps of each outcome again, in order, alone, without drafts and queries. */
    Group replay(List<Outcome> recorded) throws InterruptedException {
        machine.settle();
        double start = machine.seconds();
        Map<String, Replay> replays = new LinkedHashMap<>();
        for (Outcome outcome : recorded) {
            Replay replay = new Replay(outcome);
            replays.put(replay.id, replay);
            replay.proceed();
        }
        while (replays.values().stream().anyMatch(replay -> !replay.over())) {
            Machine.Result result = machine.next();
            Replay replay = replays.get(result.id());
            if (replay != null && !replay.over()) {
                replay.received(result.event());
            }
        }
        double seconds = machine.seconds() - start;
        machine.settle();
        return new Group(replays.values().stream().map(Replay::outcome).toList(), seconds);
    }

    /** One answer generated again. */
    private final class Replay {
        /** No token is less probable than this, so no stride gets a query. */
        private static final double NO_QUERY = -1;

        final String id;
        private final Outcome recorded;
        private final double submitted = machine.seconds();
        private int[] tokens = {};
        private int next;
        private double stepSeconds;
        private double seconds;

        Replay(Outcome recorded) {
            this.recorded = recorded;
            this.id = recorded.answer().id() + "-model-only";
        }

        /** Asks for the next step, or ends. */
        void proceed() {
            if (over()) {
                seconds = machine.seconds() - submitted;
                machine.release(id);
                return;
            }
            Command.Generate step = recorded.steps().get(next);
            Generation g = step.generation();
            Context context = new Context(id, g.context().document(), g.context().tokens());
            machine.generate(
                    new Command.Generate(
                            next,
                            0,
                            Generation.of(context, g.maxTokens(), g.sampling()),
                            step.retriever(),
                            step.queryTokens(),
                            NO_QUERY,
                            null));
        }

        void received(Event event) {
            if (!(event instanceof Event.Generated generated)) {
                throw new IllegalStateException(
                        "the model must generate again what it has generated for request "
                                + recorded.answer().id());
            }
            stepSeconds += generated.seconds();
            int before = length(next);
            next++;
            if (over() || length(next) > before) {
                tokens = join(tokens, generated.tokens());
            }
            proceed();
        }

        /** Tokens that a step starts from; that of an Iter-RetGen draft and its stride are one. */
        private int length(int step) {
            return recorded.steps().get(step).generation().context().tokens().length;
        }

        boolean over() {
            return next == recorded.steps().size();
        }

        Outcome outcome() {
            Answer a = recorded.answer();
            int kept = Math.min(tokens.length, a.tokens().length);
            Answer again =
                    new Answer(
                            a.id(),
                            a.text(),
                            Arrays.copyOf(tokens, kept),
                            a.finishReason(),
                            a.promptTokens(),
                            a.sources(),
                            new Counters(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, next),
                            new Timings(0, 0, 0, stepSeconds, seconds),
                            a.error());
            return new Outcome(again, seconds, List.of());
        }
    }

    private static int[] join(int[] first, int[] second) {
        return IntStream.concat(Arrays.stream(first), Arrays.stream(second)).toArray();
    }

    private long nowMillis() {
        return Math.round(machine.seconds() * 1000);
    }
}
