package io.ralmspec.streaming;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ralmspec.decoding.Command;
import io.ralmspec.decoding.Context;
import io.ralmspec.decoding.ErrorCode;
import io.ralmspec.decoding.Event;
import io.ralmspec.decoding.Generation;
import io.ralmspec.decoding.LanguageModel;
import io.ralmspec.decoding.ModelProfile;
import io.ralmspec.decoding.ModelSteps;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.Sampling;
import io.ralmspec.decoding.ScriptedEncoder;
import io.ralmspec.decoding.ScriptedTokenizer;
import io.ralmspec.decoding.SessionEvent;
import io.ralmspec.decoding.Stride;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ModelWorkerTest {
    private final GatedModel model = new GatedModel();
    private final ModelWorker worker =
            new ModelWorker(
                    new ModelSteps(model, new ScriptedTokenizer(), new ScriptedEncoder()), null);
    private final Map<String, SessionEvent> events = new ConcurrentHashMap<>();
    private final List<Integer> epochs = new CopyOnWriteArrayList<>();
    private final ModelWorker.Client client = worker.client(this::heard);

    @AfterEach
    void stop() {
        model.gate.countDown();
        worker.close();
    }

    @Test
    void ofWhatArrivesTogetherVerifiedWorkRunsFirstThenShallowThenDeepThenByArrival() {
        holdTheWorker();
        client.generate(step("deep", 3));
        client.generate(step("shallow", 1));
        client.generate(step("verified", 0));
        client.generate(step("shallow later", 1));
        client.generate(step("verified later", 0));
        model.gate.countDown();
        await().until(() -> events.size() == 6);
        assertThat(model.generated)
                .containsExactly(
                        "blocker",
                        "verified",
                        "verified later",
                        "shallow",
                        "shallow later",
                        "deep");
    }

    @Test
    void aStreamOfVerifiedWorkDoesNotStarveADeepStep() {
        int limit = 3 * ModelWorker.HEAD_START;
        holdTheWorker();
        client.generate(step("deep", 3));
        for (int i = 0; i < 2 * limit; i++) {
            client.generate(step("verified " + i, 0));
        }
        model.gate.countDown();
        await().until(() -> events.size() == 2 * limit + 2);
        // The one that arrived just then has the same turn, but came later.
        assertThat(model.generated.indexOf("deep")).isEqualTo(limit);
    }

    @Test
    void resultsSayHowLongTheyWaitedAndWhetherOthersWantTheModelToo() throws InterruptedException {
        holdTheWorker();
        client.generate(step("a", 0));
        Thread.sleep(20);
        model.gate.countDown();
        await().until(() -> events.size() == 2);
        Event.Generated waited = (Event.Generated) events.get("a");
        assertThat(waited.load().waitedSeconds()).isBetween(0.02, waited.seconds());
        assertThat(waited.load().turnSeconds()).isPositive();
        client.prepare(preparation("b"));
        await().until(() -> events.containsKey("b"));
        assertThat(((Event.Prepared) events.get("b")).load().turnSeconds()).isPositive();
        client.release("blocker");
        client.release("a");
        client.release("b");
        client.generate(step("alone", 0));
        await().until(() -> events.containsKey("alone"));
        assertThat(((Event.Generated) events.get("alone")).load().turnSeconds()).isZero();
    }

    @Test
    void releasesDoNotWaitForSteps() {
        holdTheWorker();
        client.generate(step("a", 0));
        client.generate(step("b", 0));
        client.generate(step("c", 0));
        client.release("c");
        model.gate.countDown();
        await().until(() -> events.size() == 3);
        assertThat(model.generatedBeforeRelease).isEqualTo(1);
    }

    @Test
    void stepsThatAreReplacedWhileOthersComeHarmNone() throws InterruptedException {
        List<Thread> users = new ArrayList<>();
        int epochs = 3_000;
        for (int i = 0; i < 3; i++) {
            String sequence = "user " + i;
            users.add(
                    Thread.ofPlatform()
                            .start(
                                    () -> {
                                        for (int epoch = 1; epoch <= epochs; epoch++) {
                                            client.generate(step(epoch, sequence, epoch % 3));
                                        }
                                    }));
        }
        for (Thread user : users) {
            user.join();
        }
        await().until(() -> events.values().stream().filter(e -> last(e, epochs)).count() == 3);
        assertThat(events.values()).noneMatch(SessionEvent.Failed.class::isInstance);
    }

    @Test
    void secondsIncludeTheWait() throws InterruptedException {
        holdTheWorker();
        client.generate(step("a", 0));
        Thread.sleep(60);
        model.gate.countDown();
        await().until(() -> events.containsKey("a"));
        assertThat(((Event.Generated) events.get("a")).seconds()).isBetween(0.06, 10.0);
    }

    @Test
    void preparesAPrompt() {
        client.prepare(preparation("a"));
        await().until(() -> events.containsKey("a"));
        assertThat(((Event.Prepared) events.get("a")).promptTokens()).hasSize(2);
    }

    @Test
    void triesOnceMoreFromNothing() {
        model.failures = 1;
        client.generate(step("a", 0));
        await().until(() -> events.containsKey("a"));
        assertThat(events.get("a")).isInstanceOf(Event.Generated.class);
        assertThat(model.released).containsExactly("a");
    }

    @Test
    void aLastingFailureIsReportedAndTheThreadGoesOn() {
        model.failures = 2;
        client.generate(step("a", 0));
        await().until(() -> events.containsKey("a"));
        SessionEvent.Failed failed = (SessionEvent.Failed) events.get("a");
        assertThat(failed.epoch()).isEqualTo(5);
        assertThat(failed.code()).isEqualTo(ErrorCode.MODEL_FAILED);
        assertThat(failed.message()).contains("2 times (AssertionError)").contains("request a");

        client.generate(step("b", 0));
        await().until(() -> events.containsKey("b"));
        assertThat(events.get("b")).isInstanceOf(Event.Generated.class);
    }

    @Test
    void aCallbackThatThrowsDoesNotEndTheThread() {
        ModelWorker.Client bad =
                worker.client(
                        (sequence, event) -> {
                            throw new IllegalStateException("on purpose");
                        });
        bad.generate(step("a", 0));
        client.generate(step("b", 0));
        await().until(() -> events.containsKey("b"));
    }

    @Test
    void releaseDropsWhatWaitsAndForgetsTheSequence() {
        holdTheWorker();
        client.generate(step("a", 0));
        client.generate(step("b", 0));
        client.release("a");
        model.gate.countDown();
        await().until(() -> events.containsKey("b"));
        assertThat(model.generated).containsExactly("blocker", "b");
        assertThat(model.released).containsExactly("a");
    }

    @Test
    void aClosedClientHearsNothingAndDisturbsNoOther() {
        ModelWorker.Client other = worker.client(this::heard);
        holdTheWorker();
        client.generate(step("a", 0));
        other.generate(step("b", 0));
        client.close();
        model.gate.countDown();
        await().until(() -> events.containsKey("b"));
        assertThat(events).containsOnlyKeys("b");
        assertThat(model.released).containsExactlyInAnyOrder("a", "blocker");
    }

    @Test
    void aNewStepTakesThePlaceOfTheSequencesWaitingOne() {
        holdTheWorker();
        client.generate(step("a", 3));
        client.generate(step(6, "a", 0));
        model.gate.countDown();
        await().until(() -> events.containsKey("a"));
        client.generate(step("b", 0));
        await().until(() -> events.containsKey("b"));
        assertThat(model.generated).containsExactly("blocker", "a", "b");
        assertThat(epochs).containsExactly(5, 6, 5);
    }

    @Test
    void aNewStepStopsTheSequencesRunningOneBetweenTokens() {
        client.generate(step(5, "blocker", 3));
        await().until(() -> model.generated.contains("blocker"));
        client.generate(step(6, "blocker", 0));
        model.gate.countDown();
        await().until(() -> events.containsKey("blocker"));
        assertThat(model.stopped).containsExactly("blocker");
        assertThat(epochs).containsExactly(6);
    }

    @Test
    void verifiedWorkOfOthersLetsARunningSpeculativeStepEnd() {
        client.generate(step(5, "blocker", 3));
        await().until(() -> model.generated.contains("blocker"));
        client.generate(step(6, "a", 0));
        model.gate.countDown();
        await().until(() -> events.containsKey("a"));
        assertThat(model.stopped).isEmpty();
        assertThat(epochs).containsExactly(5, 6);
    }

    @Test
    void releaseStopsTheRunningStepThenForgetsTheSequence() {
        holdTheWorker();
        client.release("blocker");
        assertThat(model.released).isEmpty();
        model.gate.countDown();
        await().until(() -> model.released.contains("blocker"));
        assertThat(model.stopped).containsExactly("blocker");
        assertThat(epochs).isEmpty();
    }

    @Test
    void aReleasedSequenceMayBeginAgain() {
        holdTheWorker();
        client.release("blocker");
        client.generate(step(9, "blocker", 0));
        model.gate.countDown();
        await().until(() -> events.containsKey("blocker"));
        assertThat(epochs).containsExactly(9);
    }

    @Test
    void aCancelledStepThatFailsIsNotTriedAgain() {
        model.failuresBehindTheGate = 1;
        holdTheWorker();
        client.generate(step(6, "blocker", 0));
        model.gate.countDown();
        await().until(() -> events.containsKey("blocker"));
        assertThat(model.generated).containsExactly("blocker", "blocker");
        assertThat(epochs).containsExactly(6);
    }

    @Test
    void closeStopsTheRunningStepAndDropsWhatWaits() {
        client.generate(step("endless", 0));
        await().until(() -> model.generated.contains("endless"));
        client.generate(step("a", 0));
        worker.close();
        assertThat(model.generated).containsExactly("endless");
        assertThat(model.stopped).containsExactly("endless");
        assertThat(epochs).isEmpty();
    }

    private void heard(String sequence, SessionEvent event) {
        epochs.add(
                switch (event) {
                    case Event.Prepared e -> e.epoch();
                    case Event.Generated e -> e.epoch();
                    case SessionEvent.Failed e -> e.epoch();
                    default -> throw new AssertionError(event);
                });
        events.put(sequence, event);
    }

    private static boolean last(SessionEvent event, int epochs) {
        return event instanceof Event.Generated generated && generated.epoch() == epochs;
    }

    private void holdTheWorker() {
        client.generate(step("blocker", 0));
        await().until(() -> model.generated.contains("blocker"));
    }

    private static Command.Prepare preparation(String sequence) {
        return new Command.Prepare(1, sequence, "one two", RetrieverKind.BM25, 8);
    }

    private static Command.Generate step(String sequence, int depth) {
        return step(5, sequence, depth);
    }

    private static Command.Generate step(int epoch, String sequence, int depth) {
        Context context = new Context(sequence, -1, new int[] {1, 2});
        return new Command.Generate(
                epoch,
                depth,
                Generation.of(context, 2, Sampling.GREEDY),
                RetrieverKind.BM25,
                8,
                1,
                null);
    }

    /**
     * After its first token, waits in the sequence "blocker" until the gate opens, and in "endless"
     * until it is cancelled. Fails a given number of times.
     */
    private static final class GatedModel implements LanguageModel {
        final CountDownLatch gate = new CountDownLatch(1);
        final List<String> generated = new CopyOnWriteArrayList<>();
        final List<String> stopped = new CopyOnWriteArrayList<>();
        final List<String> released = new CopyOnWriteArrayList<>();
        volatile int failures;
        volatile int failuresBehindTheGate;
        volatile int generatedBeforeRelease;

        @Override
        public ModelProfile profile() {
            return new ModelProfile(64, 16, List.of(0));
        }

        @Override
        public @Nullable Stride generate(Generation generation, BooleanSupplier cancelled) {
            if (failures > 0) {
                failures = failures - 1;
                throw new AssertionError("on purpose");
            }
            String sequence = generation.context().sequence();
            generated.add(sequence);
            for (int token = 0; token < generation.maxTokens(); token++) {
                if (cancelled.getAsBoolean()) {
                    stopped.add(sequence);
                    return null;
                }
                if (token == 0) {
                    pause(sequence, cancelled);
                }
            }
            int[] tokens = new int[generation.maxTokens()];
            Arrays.fill(tokens, 3);
            return new Stride(tokens, 0);
        }

        private void pause(String sequence, BooleanSupplier cancelled) {
            try {
                if (sequence.equals("blocker")) {
                    gate.await();
                    if (failuresBehindTheGate > 0) {
                        failuresBehindTheGate = failuresBehindTheGate - 1;
                        throw new IllegalStateException("on purpose");
                    }
                }
                while (sequence.equals("endless") && !cancelled.getAsBoolean()) {
                    Thread.sleep(1);
                }
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void release(String sequence) {
            generatedBeforeRelease = generated.size();
            released.add(sequence);
        }

        @Override
        public void close() {}
    }
}
