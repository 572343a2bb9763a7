package io.ralmspec.decoding.knnlm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ralmspec.decoding.Golden;
import io.ralmspec.decoding.KnnParameters;
import io.ralmspec.decoding.Phase;
import io.ralmspec.decoding.SessionState;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Sessions of every version that was ever written are read. After a new version, run with
 * -Dralmspec.write-golden=true once, and keep the files of the old ones as they are.
 */
class KnnSessionCodecTest {
    private static final Path DIRECTORY = Path.of("src/test/resources/knn-sessions");
    private static final byte[] SUBMITTED = KnnScenario.calm(1).submitted(1_234).toBytes();
    private static final int VERSION = SUBMITTED[0];

    /** Sessions that together use every part of the layout. */
    private enum Kind {
        SUBMITTED(s -> s.phase() == Phase.SUBMITTED && !s.request().stop().isEmpty()),
        PREPARING(s -> s.phase() == Phase.PREPARING),
        BOTH_OUT(
                s ->
                        s.generating() != 0
                                && s.verifying() != 0
                                && s.guessing()
                                && s.stepBeside()
                                && s.callBeside()
                                && s.drafts().length > s.asked()
                                && s.transcript().deltas() > 1
                                && !s.request().sampling().greedy()
                                && s.outcomes().survived().length > 1
                                && s.counters().rolledBackTokens() > 0
                                && s.counters().accepted() > 0),
        SETTLING(s -> s.settling() != 0 && s.found().size() > 1 && !s.cache().isEmpty()),
        UNGUESSED(s -> s.unguessed() > 0 && s.unguessed() < s.drafts().length),
        ENDING(s -> s.draftEnd() != null && !s.finished()),
        FINISHED(s -> s.finished() && s.counters().guesses() > 0);

        private final Predicate<KnnState> holds;

        Kind(Predicate<KnnState> holds) {
            this.holds = holds;
        }

        String fileName() {
            return "v" + VERSION + "-" + name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    static List<Golden> golden() {
        if (Golden.writing()) {
            for (Kind kind : Kind.values()) {
                KnnState state = find(kind);
                Golden.write(DIRECTORY, kind.fileName(), state.toBytes(), state);
            }
        }
        return Golden.readAll(DIRECTORY);
    }

    private static KnnState find(Kind kind) {
        for (long seed = 1; seed < 10_000; seed++) {
            for (KnnState state : new CalmRun(KnnScenario.calm(seed)).states) {
                if (kind.holds.test(state)) {
                    return state;
                }
            }
        }
        throw new AssertionError("no session is " + kind);
    }

    @ParameterizedTest
    @MethodSource("golden")
    void everyVersionEverWrittenIsRead(Golden golden) {
        assertThat(golden.name()).startsWith("v" + golden.bytes()[0] + "-");
        KnnState state = KnnState.fromBytes(golden.bytes());
        assertThat(Golden.describe(state)).containsAll(golden.described());
    }

    @ParameterizedTest
    @MethodSource("golden")
    void whatWasReadIsWrittenInTheVersionOfToday(Golden golden) {
        byte[] bytes = KnnState.fromBytes(golden.bytes()).toBytes();
        assertThat(bytes[0]).isEqualTo((byte) VERSION);
        if (golden.bytes()[0] == VERSION) {
            assertThat(bytes).as("a changed layout needs a new version").isEqualTo(golden.bytes());
        }
        assertThat(Golden.describe(KnnState.fromBytes(bytes)))
                .isEqualTo(Golden.describe(KnnState.fromBytes(golden.bytes())));
    }

    @ParameterizedTest
    @EnumSource
    void theVersionOfTodayHasItsFiles(Kind kind) {
        assertThat(golden())
                .as("files of version %d; write them with -Dralmspec.write-golden=true", VERSION)
                .filteredOn(golden -> golden.name().equals(kind.fileName()))
                .singleElement()
                .satisfies(
                        golden ->
                                assertThat(kind.holds).accepts(KnnState.fromBytes(golden.bytes())));
    }

    @Test
    void everyStateComesBackFromItsBytes() {
        for (long seed = 1; seed <= 20; seed++) {
            for (KnnState state : new CalmRun(KnnScenario.calm(seed)).states) {
                assertThat(Golden.describe(KnnState.fromBytes(state.toBytes())))
                        .isEqualTo(Golden.describe(state));
            }
        }
    }

    /** As {@link KnnState} says. */
    @Test
    void aStateIsBounded() {
        int largest = 0;
        for (long seed = 1; seed <= 200; seed++) {
            KnnScenario scenario = KnnScenario.calm(seed);
            KnnParameters parameters = scenario.parameters();
            int ofDrafts = 2 * (2 + ScriptedCorpus.DIMENSION) + 1 + parameters.prefetch();
            List<KnnState> states = new CalmRun(scenario).states;
            int tokens =
                    scenario.request.maxTokens() + states.getLast().transcript().prompt().length;
            int bound =
                    states.getFirst().toBytes().length
                            + 4 * tokens
                            + 4 * parameters.cacheEntries()
                            + 4 * scenario.settings.maxStride() * ofDrafts
                            + 8 * scenario.settings.window()
                            + scenario.datastore.fingerprint().length();
            for (KnnState state : states) {
                assertThat(state.toBytes().length).isLessThanOrEqualTo(bound);
                largest = Math.max(largest, state.toBytes().length * 100 / bound);
            }
        }
        assertThat(largest).as("percent of the bound").isGreaterThan(70);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 63, 67, -1})
    void anUnknownVersionIsRefusedAndSaysWhatToDo(int version) {
        byte[] bytes = SUBMITTED.clone();
        bytes[0] = (byte) version;
        assertThatThrownBy(() -> KnnState.fromBytes(bytes))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "KNN-LM session state version must be in [64, 66] (got %d): restore it with"
                                + " the release that wrote it",
                        version);
    }

    /** Each reader refuses what the other one's sessions are written in. */
    @Test
    void sessionsOfDocumentsAreOthers() {
        byte[] documents = SessionState.submitted(KnnScenario.calm(1).request, 1_234).toBytes();
        assertThatThrownBy(() -> KnnState.fromBytes(documents))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("version must be in [64, 66]");
        assertThatThrownBy(() -> SessionState.fromBytes(SUBMITTED))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("(got 66)");
    }

    @Test
    void truncatedBytesAreRefused() {
        byte[] bytes = find(Kind.BOTH_OUT).toBytes();
        for (int length = 0; length < bytes.length; length++) {
            byte[] part = Arrays.copyOf(bytes, length);
            assertThatThrownBy(() -> KnnState.fromBytes(part))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
