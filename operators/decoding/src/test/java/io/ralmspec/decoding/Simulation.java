package io.ralmspec.decoding;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Runs one session in virtual time: random latencies, results delivered twice or far too late, and
 * a crash that loses everything but the last stored bytes.
 */
final class Simulation {
    /** Changes what the decoder sees: a bug put in on purpose. */
    interface Mutation {
        Event apply(SessionState state, Event event);

        default List<Command> apply(SessionState after, List<Command> commands) {
            return commands;
        }
    }

    private static final Mutation NONE = (state, event) -> event;

    private record Delivery(long atMillis, long order, Event event)
            implements Comparable<Delivery> {
        @Override
        public int compareTo(Delivery other) {
            int byTime = Long.compare(atMillis, other.atMillis);
            return byTime != 0 ? byTime : Long.compare(order, other.order);
        }
    }

    private final Scenario scenario;
    private final Random random;
    private final Mutation mutation;
    private final PriorityQueue<Delivery> deliveries = new PriorityQueue<>();
    private final List<Delta> deltas = new ArrayList<>();
    private byte[] stored;
    private long now = 1_000;
    private long order;
    private int events;
    private int stale;
    private int crashes;
    private int aheadOfVerification;
    private @Nullable Answer answer;

    Simulation(Scenario scenario, long seed) {
        this(scenario, seed, NONE);
    }

    Simulation(Scenario scenario, long seed, Mutation mutation) {
        this.scenario = scenario;
        this.random = new Random(seed);
        this.mutation = mutation;
        this.stored = SessionState.submitted(scenario.request, now).toBytes();
    }

    /** Runs to the end, with a crash before event {@code crashAt}; never for -1. */
    Answer run(int crashAt) {
        run(scenario.decoder.start(load(), Estimates.UNKNOWN, now));
        while (answer == null) {
            if (events == crashAt && crashes == 0) {
                crash();
            }
            Delivery next = deliveries.remove();
            now = Math.max(now, next.atMillis());
            events++;
            if (events > 10_000) {
                throw new AssertionError("never ends, seed=" + scenario.seed);
            }
            SessionState before = load();
            Event event = mutation.apply(before, next.event());
            Transition transition = scenario.decoder.step(before, event, now);
            if (event instanceof Event.Generated && before.verifying() != 0) {
                aheadOfVerification++;
            }
            if (transition.state() == before) {
                stale++;
            }
            run(transition);
        }
        return answer;
    }

    /** What is in flight is lost, or, worse, arrives although nobody waits for it any more. */
    private void crash() {
        crashes++;
        if (random.nextBoolean()) {
            deliveries.clear();
        }
        SessionState state = load();
        run(new Transition(state, scenario.decoder.pending(state)));
    }

    private void run(Transition transition) {
        stored = transition.state().toBytes();
        for (Command command : mutation.apply(transition.state(), transition.commands())) {
            switch (command) {
                case Command.Prepare c -> deliver(scenario.steps.prepare(c));
                case Command.Generate c ->
                        deliver(Objects.requireNonNull(scenario.steps.generate(c, () -> false)));
                case Command.Verify c ->
                        deliver(
                                new Event.Verified(
                                        c.epoch(),
                                        scenario.knowledgeBase
                                                .retriever(c.retriever())
                                                .search(c.queries(), c.topN()),
                                        0));
                case Command.EmitDelta c -> deltas.add(c.delta());
                case Command.Finish c -> answer = c.answer();
            }
        }
    }

    private void deliver(Event event) {
        long latency = random.nextInt(50);
        Event timed = ModelSteps.timed(event, latency / 1000.0);
        deliveries.add(new Delivery(now + latency, order++, timed));
        if (random.nextInt(6) == 0) {
            deliveries.add(new Delivery(now + latency + random.nextInt(300), order++, timed));
        }
    }

    private SessionState load() {
        return SessionState.fromBytes(stored);
    }

    List<Delta> deltas() {
        return deltas;
    }

    int events() {
        return events;
    }

    int stale() {
        return stale;
    }

    /** Steps that came while a verification was out. */
    int aheadOfVerification() {
        return aheadOfVerification;
    }

    int crashes() {
        return crashes;
    }
}
