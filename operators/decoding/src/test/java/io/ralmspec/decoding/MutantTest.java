package io.ralmspec.decoding;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A test of the equality test: with one of these bugs in the decoder's eyes, it must fail. */
class MutantTest {
    private static final int SESSIONS = 2_000;

    enum Mutant implements Simulation.Mutation<SessionState> {
        /** Every guess counts as right, so nothing is ever rolled back. */
        FORGET_ROLLBACK {
            @Override
            public SessionEvent apply(SessionState state, SessionEvent event) {
                return rewrite(state, event, (step, i, hits) -> hit(step.guess()));
            }
        },
        /** Truths are matched to guesses one position off. */
        VERIFY_BY_POSITION {
            @Override
            public SessionEvent apply(SessionState state, SessionEvent event) {
                return rewrite(state, event, (step, i, hits) -> hits.get((i + 1) % hits.size()));
            }
        },
        /** A late result is taken for the one that is waited for. */
        ACCEPT_STALE_EPOCH {
            @Override
            public SessionEvent apply(SessionState state, SessionEvent event) {
                return switch (event) {
                    case Event.Generated e ->
                            new Event.Generated(
                                    state.generating(), e.tokens(), e.nextQuery(), e.seconds());
                    case Event.Verified e ->
                            new Event.Verified(state.verifying(), e.hits(), e.seconds());
                    default -> event;
                };
            }
        },
        /** Drafted text is sent before its documents are verified. */
        EMIT_UNVERIFIED {
            @Override
            public List<SessionCommand> apply(SessionState after, List<SessionCommand> commands) {
                boolean speculating = after.steps().size() > 1 && after.request().stream();
                if (!speculating) {
                    return commands;
                }
                List<SessionCommand> all = new ArrayList<>(commands);
                String drafted = new ScriptedTokenizer().decode(after.steps().getLast().tokens());
                all.addFirst(
                        new SessionCommand.EmitDelta(
                                new Delta(after.request().id(), 0, drafted, false)));
                return all;
            }
        },
        /** A draft counts as what the right document would have given. */
        TRUST_THE_DRAFT {
            @Override
            public SessionEvent apply(SessionState state, SessionEvent event) {
                boolean redrafting =
                        state.steps().size() > 1 && state.steps().getFirst().truth() != null;
                if (!redrafting
                        || !(event instanceof Event.Generated e)
                        || e.epoch() != state.generating()) {
                    return event;
                }
                Step draft = state.steps().get(1);
                return new Event.Generated(e.epoch(), draft.tokens(), draft.query(), e.seconds());
            }
        },
        /** The last, partial stride loses a token. */
        SHORT_LAST_STRIDE {
            @Override
            public List<SessionCommand> apply(SessionState after, List<SessionCommand> commands) {
                return commands.stream().map(command -> shorten(after, command)).toList();
            }
        };

        private interface Rewrite {
            Hits hits(Step step, int position, List<Hits> truth);
        }

        private static SessionEvent rewrite(
                SessionState state, SessionEvent event, Rewrite rewrite) {
            if (!(event instanceof Event.Verified e) || e.epoch() != state.verifying()) {
                return event;
            }
            List<Integer> open = new Session(state).open(state.asked());
            List<Hits> hits = new ArrayList<>();
            for (int i = 0; i < e.hits().size(); i++) {
                hits.add(rewrite.hits(state.steps().get(open.get(i)), i, e.hits()));
            }
            return new Event.Verified(e.epoch(), hits, e.seconds());
        }

        private static Hits hit(@Nullable Hit hit) {
            return hit == null || hit.isNone()
                    ? Hits.EMPTY
                    : new Hits(new int[] {hit.document()}, new float[] {hit.score()});
        }

        private static SessionCommand shorten(SessionState after, SessionCommand command) {
            int stride = after.request().retrieval().stride();
            if (!(command instanceof Command.Generate g)) {
                return command;
            }
            Generation all = g.generation();
            if (all.maxTokens() == 1 || all.maxTokens() == stride || all.draft().length > 0) {
                return command;
            }
            Generation shorter = Generation.of(all.context(), all.maxTokens() - 1, all.sampling());
            return new Command.Generate(
                    g.epoch(), g.depth(), shorter, g.retriever(), g.queryTokens(), 1, null);
        }
    }

    @ParameterizedTest
    @EnumSource
    void breaksEquality(Mutant mutant) {
        assertThatThrownBy(
                        () ->
                                Seeds.forEach(
                                        SESSIONS,
                                        seed -> EqualityTest.check(seed, mutant, new Happenings())))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("-Dralmspec.seed=");
    }
}
