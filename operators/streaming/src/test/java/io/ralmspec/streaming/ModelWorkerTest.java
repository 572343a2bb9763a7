package io.ralmspec.streaming;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ralmspec.decoding.Command;
import io.ralmspec.decoding.Context;
import io.ralmspec.decoding.ErrorCode;
import io.ralmspec.decoding.Event;
import io.ralmspec.decoding.LanguageModel;
import io.ralmspec.decoding.ModelProfile;
import io.ralmspec.decoding.ModelSteps;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.Sampling;
import io.ralmspec.decoding.ScriptedEncoder;
import io.ralmspec.decoding.ScriptedTokenizer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ModelWorkerTest {
    private final GatedModel model = new GatedModel();
    private final ModelWorker worker =
            new ModelWorker(
                    model, new ModelSteps(model, new ScriptedTokenizer(), new ScriptedEncoder()));
    private final Map<String, Event> events = new ConcurrentHashMap<>();
    private final ModelWorker.Client client = worker.client(events::put);

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
        client.prepare(0, new Command.Prepare("a", "one two", RetrieverKind.BM25, 8));
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
        Event.Failed failed = (Event.Failed) events.get("a");
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
        ModelWorker.Client other = worker.client(events::put);
        holdTheWorker();
        client.generate(step("a", 0));
        other.generate(step("b", 0));
        client.close();
        model.gate.countDown();
        await().until(() -> events.containsKey("b"));
        assertThat(events).containsOnlyKeys("b");
        assertThat(model.released).containsExactlyInAnyOrder("a", "blocker");
    }

    private void holdTheWorker() {
        client.generate(step("blocker", 0));
        await().until(() -> model.generated.contains("blocker"));
    }

    private static Command.Generate step(String sequence, int step) {
        return new Command.Generate(
                5,
                step,
                new Context(sequence, -1, new int[] {1, 2}),
                2,
                Sampling.GREEDY,
                RetrieverKind.BM25,
                8);
    }

    /** Waits in the sequence "blocker" until the gate opens; fails a given number of times. */
    private static final class GatedModel implements LanguageModel {
        final CountDownLatch gate = new CountDownLatch(1);
        final List<String> generated = new CopyOnWriteArrayList<>();
        final List<String> released = new CopyOnWriteArrayList<>();
        volatile int failures;
        volatile int generatedBeforeRelease;

        @Override
        public ModelProfile profile() {
            return new ModelProfile(64, 16, List.of(0));
        }

        @Override
        public int[] generate(Context context, int maxTokens, Sampling sampling) {
            if (failures > 0) {
                failures = failures - 1;
                throw new AssertionError("on purpose");
            }
            generated.add(context.sequence());
            if (context.sequence().equals("blocker")) {
                try {
                    gate.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
            return new int[] {3};
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
