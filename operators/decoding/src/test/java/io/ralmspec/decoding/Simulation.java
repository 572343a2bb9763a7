package io.ralmspec.decoding;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Runs one session in virtual time, whichever way it decodes: random latencies, results delivered
 * twice or far too late, cancellations, deadlines, and crashes that lose everything but stored
 * bytes. All of it from the world's seed.
 *
 * @param <S> its sessions
 */
public final class Simulation<S extends DecodingSession> {
    /** For {@link #run(int)}. */
    public static final int NO_CRASH = -1;

    private static final int MAX_EVENTS = 10_000;

    /**
     * A request, the decoder that answers it, and the workers that run what the decoder wants done.
     *
     * @param <S> its sessions
     */
    public interface World<S extends DecodingSession> {
        long seed();

        SessionDecoder<S> decoder();

        S submitted(long receivedMillis);

        S read(byte[] bytes);

        /** Whether a result came while a verification was out. */
        boolean ahead(S before, SessionEvent event);

        /** Of a command that a worker runs. */
        int epoch(SessionCommand command);

        /**
         * The result of a command that a worker runs.
         *
         * @throws ScriptedFailure if the worker fails
         */
        SessionEvent run(SessionCommand command, Random random);

        /** Workers lose all that they keep. */
        default void crashed() {}

        /** Looks at every event that changed the session. */
        default void stepped(S before, SessionEvent event, Transition<S> after) {}

        /** The session is over: workers free what they keep for it. */
        default void finished() {}
    }

    /**
     * Changes what the decoder sees: a bug put in on purpose.
     *
     * @param <S> its sessions
     */
    public interface Mutation<S extends DecodingSession> {
        default SessionEvent apply(S state, SessionEvent event) {
            return event;
        }

        default List<SessionCommand> apply(S after, List<SessionCommand> commands) {
            return commands;
        }
    }

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

    private final World<S> world;
    private final Random random;
    private final Mutation<S> mutation;
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

    public Simulation(World<S> world, Happenings happenings) {
        this(world, new Mutation<>() {}, happenings);
    }

    public Simulation(World<S> world, Mutation<S> mutation, Happenings happenings) {
        this.world = world;
        this.random = new Random(world.seed());
        this.mutation = mutation;
        this.happenings = happenings;
        this.last = new Checkpoint(world.submitted(now).toBytes(), 0, 0);
        this.checkpoint = last;
    }

    /** Runs to the end, perhaps an early one, perhaps with a crash. */
    public Answer runDisturbed() {
        if (random.nextInt(12) == 0) {
            deliver(random.nextInt(1_500), false, new SessionEvent.Cancelled());
        }
        if (random.nextInt(12) == 0) {
            deliver(random.nextInt(1_500), false, new SessionEvent.DeadlinePassed());
        }
        return run(random.nextInt(3) == 0 ? random.nextInt(40) : NO_CRASH);
    }

    /** Runs to the end, with a crash before event {@code crashAt}. */
    public Answer run(int crashAt) {
        happenings.count(Happening.SESSIONS);
        run(world.decoder().start(load(), Estimates.UNKNOWN, now));
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
        S before = load();
        if (random.nextInt(4) == 0) {
            checkpoint = last;
        }
        SessionEvent event = mutation.apply(before, next.event());
        Transition<S> transition = world.decoder().step(before, event, now);
        note(next, before, transition);
        run(transition);
    }

    private void note(Delivery delivery, S before, Transition<S> transition) {
        S after = transition.state();
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
        world.stepped(before, delivery.event(), transition);
        switch (delivery.event()) {
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
            default ->
                    happenings.count(
                            Happening.AHEAD_OF_VERIFICATION,
                            world.ahead(before, delivery.event()) ? 1 : 0);
        }
    }

    /**
     * Back to the last state or an older one. What was asked for since is lost; what was in flight
     * before is lost too, or, worse, arrives beside what is asked for again.
     */
    private void crash() {
        crashed = true;
        happenings.count(Happening.CRASHES);
        world.crashed();
        if (random.nextBoolean()) {
            happenings.count(Happening.REWINDS, checkpoint == last ? 0 : 1);
            last = checkpoint;
            deltas.subList(last.deltas(), deltas.size()).clear();
            deliveries.removeIf(delivery -> delivery.order() >= last.order());
        }
        if (random.nextBoolean()) {
            deliveries.clear();
        }
        S state = load();
        // Even the start may be what is lost.
        run(
                state.phase() == Phase.SUBMITTED
                        ? world.decoder().start(state, Estimates.UNKNOWN, now)
                        : world.decoder().resume(state, now));
    }

    private void run(Transition<S> transition) {
        for (SessionCommand command : mutation.apply(transition.state(), transition.commands())) {
            switch (command) {
                case SessionCommand.EmitDelta c -> deltas.add(c.delta());
                case SessionCommand.Finish c -> {
                    answer = c.answer();
                    world.finished();
                }
                default -> answer(command);
            }
        }
        last = new Checkpoint(transition.state().toBytes(), deltas.size(), order);
    }

    private void answer(SessionCommand command) {
        SessionEvent event;
        try {
            event = world.run(command, random);
        } catch (ScriptedFailure e) {
            event = new SessionEvent.Failed(world.epoch(command), e.code(), "on purpose");
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
        S finished = load();
        for (Delivery late : deliveries) {
            Transition<S> transition = world.decoder().step(finished, late.event(), now);
            if (transition.state() != finished || !transition.commands().isEmpty()) {
                throw new AssertionError("an answered session must stay as it is");
            }
        }
    }

    /** It says what was expected, or, if it was cut short, the beginning of it. */
    public void assertSays(Answer expected) {
        Answer said = Objects.requireNonNull(answer, "not run");
        if (endedEarly()) {
            assertThat(said.tokens())
                    .isEqualTo(Arrays.copyOf(expected.tokens(), said.tokens().length));
            assertThat(said.sources())
                    .isEqualTo(expected.sources().subList(0, said.sources().size()));
        } else {
            assertThat(said.tokens()).isEqualTo(expected.tokens());
            assertThat(said.text()).isEqualTo(expected.text());
            assertThat(said.finishReason()).isEqualTo(expected.finishReason());
            assertThat(said.sources()).isEqualTo(expected.sources());
            assertThat(said.error()).isEqualTo(expected.error());
        }
        if (load().request().stream()) {
            String streamed = deltas.stream().map(Delta::text).collect(Collectors.joining());
            assertThat(streamed).as("deltas").isEqualTo(said.text());
            assertThat(deltas.getLast().last()).isTrue();
        } else {
            assertThat(deltas).isEmpty();
        }
    }

    /** Whether it was cancelled, or its deadline passed. */
    public boolean endedEarly() {
        FinishReason reason = Objects.requireNonNull(answer, "not run").finishReason();
        return reason == FinishReason.CANCELLED || reason == FinishReason.DEADLINE;
    }

    private S load() {
        return world.read(last.stored());
    }

    public int events() {
        return events;
    }
}
