package io.ralmspec.decoding.knnlm;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ralmspec.decoding.Delta;
import io.ralmspec.decoding.Happenings;
import io.ralmspec.decoding.ModelProfile;
import io.ralmspec.decoding.ScriptedTokenizer;
import io.ralmspec.decoding.Seeds;
import io.ralmspec.decoding.SessionCommand;
import io.ralmspec.decoding.SessionEvent;
import io.ralmspec.decoding.Simulation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A test of the equality test: with one of these bugs in a decoder or worker, it must fail. */
class KnnMutantTest {
    private static final int SESSIONS = 2_000;

    enum Mutant {
        /** Every draft counts as right, so none behind a wrong one is ever dropped. */
        COMMIT_BEHIND_A_WRONG_DRAFT {
            @Override
            Simulation.Mutation<KnnState> in(KnnScenario scenario) {
                return new Simulation.Mutation<>() {
                    @Override
                    public SessionEvent apply(KnnState state, SessionEvent event) {
                        return event instanceof KnnEvent.Settled e && e.epoch() == state.settling()
                                ? new KnnEvent.Settled(e.epoch(), drafts(state), e.seconds())
                                : event;
                    }

                    private int[] drafts(KnnState state) {
                        return Arrays.copyOf(state.drafts(), state.asked());
                    }
                };
            }
        },
        /** Each draft is judged with the neighbours of the one after it. */
        NEIGHBOURS_OF_ANOTHER_DRAFT {
            @Override
            Simulation.Mutation<KnnState> in(KnnScenario scenario) {
                return settling(
                        (after, settle) -> {
                            List<Neighbours> others = new ArrayList<>(settle.neighbours());
                            Collections.rotate(others, -1);
                            return others;
                        });
            }
        },
        /** Truths are made with what the cache had, not with what the search found. */
        NEIGHBOURS_FROM_THE_CACHE {
            @Override
            Simulation.Mutation<KnnState> in(KnnScenario scenario) {
                return settling(
                        (after, settle) -> {
                            int[] cache = after.cache().positions();
                            int k = scenario.parameters().neighbours();
                            return cache.length == 0
                                    ? settle.neighbours()
                                    : after.keys().stream()
                                            .limit(after.asked())
                                            .map(key -> scenario.datastore.nearest(key, cache, k))
                                            .toList();
                        });
            }
        },
        /** A state that was kept counts for any text of its length. */
        KEEP_STATES_AFTER_A_ROLLBACK {
            @Override
            Simulation.Mutation<KnnState> in(KnnScenario scenario) {
                scenario.wrapModel(NeverForgetting::new);
                return new Simulation.Mutation<>() {};
            }
        },
        /** A late result is taken for the one that is waited for. */
        ACCEPT_STALE_EPOCH {
            @Override
            Simulation.Mutation<KnnState> in(KnnScenario scenario) {
                return new Simulation.Mutation<>() {
                    @Override
                    public SessionEvent apply(KnnState s, SessionEvent event) {
                        return switch (event) {
                            case KnnEvent.Speculated e ->
                                    new KnnEvent.Speculated(
                                            s.generating(), e.tokens(), e.keys(), e.seconds());
                            case KnnEvent.Searched e ->
                                    new KnnEvent.Searched(
                                            s.verifying(), e.neighbours(), e.seconds());
                            case KnnEvent.Settled e ->
                                    new KnnEvent.Settled(s.settling(), e.tokens(), e.seconds());
                            default -> event;
                        };
                    }
                };
            }
        },
        /** Drafted text is sent before it is verified. */
        EMIT_UNVERIFIED {
            @Override
            Simulation.Mutation<KnnState> in(KnnScenario scenario) {
                return new Simulation.Mutation<>() {
                    @Override
                    public List<SessionCommand> apply(
                            KnnState after, List<SessionCommand> commands) {
                        if (after.drafts().length == 0 || !after.request().stream()) {
                            return commands;
                        }
                        List<SessionCommand> all = new ArrayList<>(commands);
                        String text = new ScriptedTokenizer().decode(after.drafts());
                        Delta delta = new Delta(after.request().id(), 0, text, false);
                        all.addFirst(new SessionCommand.EmitDelta(delta));
                        return all;
                    }
                };
            }
        };

        abstract Simulation.Mutation<KnnState> in(KnnScenario scenario);

        private interface Found {
            List<Neighbours> instead(KnnState after, KnnCommand.Settle settle);
        }

        private static Simulation.Mutation<KnnState> settling(Found found) {
            return new Simulation.Mutation<>() {
                @Override
                public List<SessionCommand> apply(KnnState after, List<SessionCommand> commands) {
                    UnaryOperator<SessionCommand> mutate =
                            command ->
                                    command instanceof KnnCommand.Settle settle
                                            ? new KnnCommand.Settle(
                                                    settle.epoch(),
                                                    settle.context(),
                                                    found.instead(after, settle))
                                            : command;
                    return commands.stream().map(mutate).toList();
                }
            };
        }
    }

    /** Has the first state of each length for ever. */
    private record NeverForgetting(KeyedLanguageModel model, Map<Integer, TokenState> states)
            implements KeyedLanguageModel {
        NeverForgetting(KeyedLanguageModel model) {
            this(model, new HashMap<>());
        }

        @Override
        public ModelProfile profile() {
            return model.profile();
        }

        @Override
        public TokenState state(String sequence, int[] tokens) {
            return states.computeIfAbsent(tokens.length, n -> model.state(sequence, tokens));
        }

        @Override
        public void release(String sequence) {
            model.release(sequence);
        }

        @Override
        public void close() {
            model.close();
        }
    }

    @ParameterizedTest
    @EnumSource
    void breaksEquality(Mutant mutant) {
        assertThatThrownBy(
                        () ->
                                Seeds.forEach(
                                        SESSIONS,
                                        seed -> {
                                            Happenings none = new Happenings();
                                            KnnScenario scenario = new KnnScenario(seed, none);
                                            KnnEqualityTest.check(
                                                    scenario, mutant.in(scenario), none);
                                        }))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("-Dralmspec.seed=");
    }
}
