package io.ralmspec.decoding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Queue;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Sessions of every version that was ever written are read. After a new version, run with
 * -Dralmspec.write-golden=true once, and keep the files of the old ones as they are.
 */
class SessionVersionsTest {
    private static final Path DIRECTORY = Path.of("src/test/resources/sessions");
    private static final byte[] SUBMITTED =
            SessionState.submitted(new Scenario(1).request, 1_234).toBytes();
    private static final int VERSION = SUBMITTED[0];

    /** Sessions that together use every part of the layout. */
    private enum Kind {
        SUBMITTED(s -> s.phase() == Phase.SUBMITTED && !s.request().stop().isEmpty()),
        PREPARING(s -> s.phase() == Phase.PREPARING),
        BOTH_OUT(
                s ->
                        s.generating() != 0
                                && s.verifying() != 0
                                && s.steps().size() > 2
                                && s.transcript().deltas() > 1
                                && s.transcript().sources().size() > 2
                                && !s.request().sampling().greedy()
                                && s.outcomes().survived().length > 1
                                && s.counters().rolledBackTokens() > 0),
        REDRAFTING(
                s ->
                        s.generating() != 0
                                && s.steps().size() > 1
                                && s.steps().getFirst().truth() != null
                                && s.counters().recoveredTokens() > 0),
        A_STRIDE_THAT_ONLY_FORMS_A_QUERY(s -> s.steps().stream().anyMatch(step -> !step.kept())),
        A_STRIDE_WITHOUT_QUERY(
                s -> s.steps().size() > 1 && s.steps().getLast().query() == null && !ends(s)),
        ENDING(SessionVersionsTest::ends);

        private final Predicate<SessionState> holds;

        Kind(Predicate<SessionState> holds) {
            this.holds = holds;
        }

        String fileName() {
            return "v" + VERSION + "-" + name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    static List<Golden> golden() {
        if (Golden.writing()) {
            for (Kind kind : Kind.values()) {
                SessionState state = find(kind);
                Golden.write(DIRECTORY, kind.fileName(), state.toBytes(), state);
            }
        }
        return Golden.readAll(DIRECTORY);
    }

    @ParameterizedTest
    @MethodSource("golden")
    void everyVersionEverWrittenIsRead(Golden golden) {
        assertThat(golden.name()).startsWith("v" + golden.bytes()[0] + "-");
        SessionState state = SessionState.fromBytes(golden.bytes());
        assertThat(Golden.describe(state)).containsAll(golden.described());
    }

    @ParameterizedTest
    @MethodSource("golden")
    void whatWasReadIsWrittenInTheVersionOfToday(Golden golden) {
        SessionState state = SessionState.fromBytes(golden.bytes());
        byte[] bytes = state.toBytes();
        assertThat(bytes[0]).isEqualTo((byte) VERSION);
        assertThat(Golden.describe(SessionState.fromBytes(bytes)))
                .isEqualTo(Golden.describe(state));
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
                                assertThat(kind.holds)
                                        .accepts(SessionState.fromBytes(golden.bytes())));
    }

    @Test
    void aNewerVersionIsRefusedAndSaysWhatToDo() {
        byte[] bytes = SUBMITTED.clone();
        bytes[0] = (byte) (VERSION + 1);
        assertThatThrownBy(() -> SessionState.fromBytes(bytes))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("session state version")
                .hasMessageContaining("(got %d)".formatted(VERSION + 1))
                .hasMessageContaining("restore it with the release that wrote it");
    }

    private static boolean ends(SessionState state) {
        return state.phase() == Phase.DECODING
                && !state.steps().isEmpty()
                && state.steps().getLast().end() != null;
    }

    private static SessionState find(Kind kind) {
        for (long seed = 1; seed < 10_000; seed++) {
            for (SessionState state : states(seed)) {
                if (kind.holds.test(state)) {
                    return state;
                }
            }
        }
        throw new AssertionError("no session is " + kind);
    }

    private static List<SessionState> states(long seed) {
        try {
            return states(new Scenario(seed));
        } catch (ScriptedFailure e) {
            return List.of();
        }
    }

    /** A session after each of its events; the knowledge base is as slow as three model steps. */
    private static List<SessionState> states(Scenario scenario) {
        SessionState submitted = SessionState.submitted(scenario.request, 1_000);
        List<SessionState> states = new ArrayList<>(List.of(submitted));
        Queue<Event> model = new ArrayDeque<>();
        Queue<Event> knowledge = new ArrayDeque<>();
        long now = 1_010;
        Transition<SessionState> transition =
                scenario.decoder.start(submitted, Estimates.UNKNOWN, now);
        while (!transition.state().finished()) {
            SessionState state = transition.state();
            states.add(state);
            for (SessionCommand command : transition.commands()) {
                switch (command) {
                    case Command.Prepare c -> model.add(scenario.steps.prepare(c).timed(0.004));
                    case Command.Generate c ->
                            model.add(
                                    Objects.requireNonNull(scenario.steps.generate(c, () -> false))
                                            .timed(0.02));
                    case Command.Verify c ->
                            knowledge.add(
                                    new Event.Verified(
                                            c.epoch(),
                                            scenario.knowledgeBase
                                                    .retriever(c.retriever())
                                                    .search(c.queries(), c.topN()),
                                            0.06));
                    default -> {}
                }
            }
            now += 20;
            boolean answered = model.isEmpty() || state.steps().size() > 3;
            SessionEvent event =
                    answered && !knowledge.isEmpty() ? knowledge.remove() : model.remove();
            transition = scenario.decoder.step(state, event, now);
        }
        return states;
    }
}
