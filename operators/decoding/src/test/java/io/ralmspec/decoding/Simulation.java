package io.ralmspec.decoding;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs one session in virtual time: random latencies, results delivered twice or far too late,
 * cancellations, deadlines, and crashes that lose everything but stored bytes. All of it from the
 * scenario's seed.
 */
final class Simulation {
    /** For {@link #run(int)}. */
    static final int NO_CRASH = -1;

    private static final int MAX_EVENTS = 10_000;

    /** Changes what the decoder sees: a bug put in on purpose. */
    interface Mutation {
        SessionEvent apply(SessionState state, SessionEvent event);

        default List<SessionCommand> apply(SessionState after, List<SessionCommand> commands) {
            return commands;
        }
    }

    static final Mutation NONE = (state, event) -> event;

    private record Delivery(long atMillis, long order, boolean again, SessionEvent event)
            implements Comparable<Delivery> {
        @Override
        public int compareTo(Delivery other) {
            int byTime = Long.compare(atMillis, other.atMillis);
            return byTime != 0 ? byTime : Long.compare(order, other.order);
        }
    }

    /** What a crash goes back to. */
    private record Checkpoint(byte[] stored, int deltas, long order) {}

    private final Scenario scenario;
    private final Random random;
    private final Mutation mutation;
    private final Happenings happenings;
    private final PriorityQueue<Delivery> deliveries = new PriorityQueue<>();
    private final List<Delta> deltas = new ArrayList<>();
    private Checkpoint last;
    private Checkpoint checkpoint;
    private long now = 1_000;
    private long order;
    private long newestDelivered;
    private int events;
    private boolean crashed;
    private @Nullable Answer answer;

    Simulation(Scenario scenario, Mutation mutation, Happenings happenings) {
        this.scenario = scenario;
        this.random = new Random(scenario.seed);
        this.mutation = mutation;
        this.happenings = happenings;
        this.last = new Checkpoint(SessionState.submitted(scenario.request, now).toBytes(), 0, 0);
        this.checkpoint = last;
    }

    /** Runs to the end, perhaps an early one, perhaps with a crash. */
    Answer runDisturbed() {
        if (random.nextInt(12) == 0) {
            deliver(random.nextInt(1_500), false, new SessionEvent.Cancelled());
        }
        if (random.nextInt(12) == 0) {
            deliver(random.nextInt(1_500), false, new SessionEvent.DeadlinePassed());
        }
        return run(random.nextInt(3) == 0 ? random.nextInt(40) : NO_CRASH);
    }

    /** Runs to the end, with a crash before event {@code crashAt}. */
    Answer run(int crashAt) {
        happenings.count(Happening.SESSIONS);
        run(scenario.decoder.start(load(), Estimates.UNKNOWN, now));
        while (answer == null) {
            if (events == crashAt && !crashed) {
                crash();
            }
            next();
        }
        happenings.count(Happening.EVENTS, events);
        refusesWhatIsLeft();
        return answer;
    }

    private void next() {
        Delivery next = deliveries.remove();
        now = Math.max(now, next.atMillis());
        if (++events > MAX_EVENTS) {
            throw new AssertionError("a session must end within " + MAX_EVENTS + " events");
        }
        SessionState before = load();
        if (random.nextInt(4) == 0) {
            checkpoint = last;
        }
        SessionEvent event = mutation.apply(before, next.event());
        Transition<SessionState> transition = scenario.decoder.step(before, event, now);
        note(next, before, transition);
        run(transition);
    }

    private void note(Delivery delivery, SessionState before, Transition<SessionState> transition) {
        SessionState after = transition.state();
        happenings.count(Happening.REORDERINGS, delivery.order() < newestDelivered ? 1 : 0);
        newestDelivered = Math.max(newestDelivered, delivery.order());
        if (delivery.again()) {
            happenings.count(Happening.DUPLICATES);
        } else if (after == before) {
            happenings.count(Happening.STALE);
        }
        if (after == before) {
            return;
        }
        switch (delivery.event()) {
            case Event.Generated e ->
                    happenings.count(
                            Happening.AHEAD_OF_VERIFICATION, before.verifying() != 0 ? 1 : 0);
            case SessionEvent.Failed e -> {
                boolean model = e.code() == ErrorCode.MODEL_FAILED;
                if (after.finished()) {
                    happenings.count(model ? Happening.MODEL_ERRORS : Happening.RETRIEVAL_ERRORS);
                } else {
                    happenings.count(model ? Happening.FAILED_DRAFTS : Happening.FAILED_ROUNDS);
                }
            }
            case SessionEvent.Cancelled e -> happenings.count(Happening.CANCELS);
            case SessionEvent.DeadlinePassed e -> happenings.count(Happening.DEADLINES);
            default -> {}
        }
    }

    /**
     * Back to the last state or an older one. What was asked for since is lost; what was in flight
     * before is lost too, or, worse, arrives beside what is asked for again.
     */
    private void crash() {
        crashed = true;
        happenings.count(Happening.CRASHES);
        if (random.nextBoolean()) {
            happenings.count(Happening.REWINDS, checkpoint == last ? 0 : 1);
            last = checkpoint;
            deltas.subList(last.deltas(), deltas.size()).clear();
            deliveries.removeIf(delivery -> delivery.order() >= last.order());
        }
        if (random.nextBoolean()) {
            deliveries.clear();
        }
        SessionState state = load();
        // Even the start may be what is lost.
        run(
                state.phase() == Phase.SUBMITTED
                        ? scenario.decoder.start(state, Estimates.UNKNOWN, now)
                        : new Transition<>(state, scenario.decoder.pending(state)));
    }

    private void run(Transition<SessionState> transition) {
        for (SessionCommand command : mutation.apply(transition.state(), transition.commands())) {
            switch (command) {
                case Command.Prepare c -> answer(c.epoch(), () -> scenario.steps.prepare(c));
                case Command.Generate c ->
                        answer(
                                c.epoch(),
                                () ->
                                        Objects.requireNonNull(
                                                scenario.steps.generate(c, () -> false)));
                case Command.Verify c ->
                        answer(
                                c.epoch(),
                                () ->
                                        new Event.Verified(
                                                c.epoch(),
                                                scenario.knowledgeBase
                                                        .retriever(c.retriever())
                                                        .search(c.queries(), c.topN()),
                                                0));
                case SessionCommand.EmitDelta c -> deltas.add(c.delta());
                case SessionCommand.Finish c -> answer = c.answer();
                default -> throw new AssertionError("unknown command " + command);
            }
        }
        last = new Checkpoint(transition.state().toBytes(), deltas.size(), order);
    }

    private void answer(int epoch, Supplier<Event> work) {
        SessionEvent event;
        try {
            event = work.get();
        } catch (ScriptedFailure e) {
            event = new SessionEvent.Failed(epoch, e.code(), "on purpose");
        }
        int latency = random.nextInt(50);
        SessionEvent timed = event.timed(latency / 1000.0);
        deliver(latency, false, timed);
        if (random.nextInt(6) == 0) {
            deliver(latency + random.nextInt(300), true, timed);
        }
    }

    private void deliver(int latencyMillis, boolean again, SessionEvent event) {
        deliveries.add(new Delivery(now + latencyMillis, order++, again, event));
    }

    /** One answer per request: what comes after it changes nothing. */
    private void refusesWhatIsLeft() {
        SessionState finished = load();
        for (Delivery late : deliveries) {
            Transition<SessionState> transition =
                    scenario.decoder.step(finished, late.event(), now);
            if (transition.state() != finished || !transition.commands().isEmpty()) {
                throw new AssertionError("an answered session must stay as it is");
            }
        }
    }

    private SessionState load() {
        return SessionState.fromBytes(last.stored());
    }

    List<Delta> deltas() {
        return deltas;
    }

    int events() {
        return events;
    }
}
