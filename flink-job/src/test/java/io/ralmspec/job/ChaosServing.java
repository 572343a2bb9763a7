package io.ralmspec.job;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.streaming.Serving;
import io.ralmspec.streaming.ServingFactory;
import java.util.EnumMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A {@link ScriptedServing} that a test slows down, holds up and lets fail while the job runs.
 * Serialisable: what is shared with the copy in the job is kept by key.
 */
final class ChaosServing implements ServingFactory {
    private static final Map<String, Control> CONTROLS = new ConcurrentHashMap<>();

    /** Where a failure may be ordered. */
    enum Point {
        /** Opening model and knowledge base, when a task starts. */
        OPEN,
        /** A step of the model, on its worker's thread. */
        STEP,
        /** A knowledge base call, on its worker's thread. */
        SEARCH,
        /** Scoring cached documents, on the task's thread. */
        SCORES
    }

    /** What a test sees and sets. */
    static final class Control {
        /** What a generation stride and a knowledge base call take. */
        volatile long stepMillis;

        volatile long searchMillis;
        final AtomicInteger opened = new AtomicInteger();

        /** Steps that the model has run. */
        final AtomicInteger steps = new AtomicInteger();

        private final Map<Point, AtomicInteger> ordered = new EnumMap<>(Point.class);
        private final Map<Point, AtomicInteger> thrown = new EnumMap<>(Point.class);
        private final AtomicInteger held = new AtomicInteger();
        private volatile CountDownLatch gate = new CountDownLatch(0);

        private Control() {
            for (Point point : Point.values()) {
                ordered.put(point, new AtomicInteger());
                thrown.put(point, new AtomicInteger());
            }
        }

        /** Lets the next {@code times} calls there throw. */
        void fail(Point point, int times) {
            ordered.get(point).addAndGet(times);
        }

        /** How many calls have thrown there. */
        int thrown(Point point) {
            return thrown.get(point).get();
        }

        /** Keeps every search from here on waiting for {@link #releaseSearches}. */
        void holdSearches() {
            gate = new CountDownLatch(1);
        }

        void releaseSearches() {
            gate.countDown();
        }

        /** Searches that wait to be released. */
        int heldSearches() {
            return held.get();
        }

        void takeTime(long newStepMillis, long newSearchMillis) {
            stepMillis = newStepMillis;
            searchMillis = newSearchMillis;
        }

        private boolean failsAt(Point point) {
            if (ordered.get(point).getAndUpdate(left -> Math.max(0, left - 1)) == 0) {
                return false;
            }
            thrown.get(point).incrementAndGet();
            return true;
        }

        private void throwOnOrder(Point point) {
            if (failsAt(point)) {
                throw new IllegalStateException("on purpose, at " + point);
            }
        }

        private void waitAtTheGate() {
            held.incrementAndGet();
            try {
                gate.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                held.decrementAndGet();
            }
        }
    }

    private record Hooks(Control control) implements ScriptedServing.Hooks {
        @Override
        public void beforeStep() {
            control.throwOnOrder(Point.STEP);
            ScriptedServing.pass(control.stepMillis);
            control.steps.incrementAndGet();
        }

        @Override
        public void beforeSearch() {
            control.throwOnOrder(Point.SEARCH);
            control.waitAtTheGate();
            ScriptedServing.pass(control.searchMillis);
        }

        @Override
        public void beforeScores() {
            // An exception would end this request alone; an error fails the task.
            if (control.failsAt(Point.SCORES)) {
                throw new LinkageError("on purpose, at " + Point.SCORES);
            }
        }
    }

    private final String key = UUID.randomUUID().toString();
    private final ScriptedServing scripted;

    ChaosServing(long seed) {
        scripted = new ScriptedServing(seed);
        CONTROLS.put(key, new Control());
    }

    Control control() {
        return CONTROLS.get(key);
    }

    /** The answer of a run that nothing disturbs. */
    Answer oracle(DecodingRequest request) {
        return scripted.oracle(request);
    }

    @Override
    public String key() {
        return key;
    }

    @Override
    public Serving open() {
        control().throwOnOrder(Point.OPEN);
        control().opened.incrementAndGet();
        return scripted.open(new Hooks(control()));
    }
}
