package io.ralmspec.job.bench;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.Command;
import io.ralmspec.decoding.Context;
import io.ralmspec.decoding.Counters;
import io.ralmspec.decoding.Event;
import io.ralmspec.decoding.Generation;
import io.ralmspec.decoding.SessionCommand;
import io.ralmspec.decoding.SessionEvent;
import io.ralmspec.decoding.Timings;
import io.ralmspec.decoding.Tokens;
import io.ralmspec.decoding.knnlm.KnnCommand;
import io.ralmspec.decoding.knnlm.KnnContext;
import io.ralmspec.decoding.knnlm.KnnEvent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The model's share of baseline sessions once more, alone: what their searches found is known. With
 * documents, each stride is generated again, without a query; with KNN-LM, each token's state is
 * computed again, and its neighbours mixed in. Used by one thread.
 */
final class ModelOnly {
    private final Machine machine;

    ModelOnly(Machine machine) {
        this.machine = machine;
    }

    /** Runs the steps of each outcome again, in order. */
    Group replay(List<Outcome> recorded, int atATime) throws InterruptedException {
        machine.settle();
        double start = machine.seconds();
        Map<String, Replay> replays = new LinkedHashMap<>();
        int over = 0;
        while (over < recorded.size()) {
            while (replays.size() < recorded.size() && replays.size() - over < atATime) {
                Replay next = new Replay(recorded.get(replays.size()));
                replays.put(next.id, next);
                next.proceed();
                over += next.over() ? 1 : 0;
            }
            if (over == recorded.size()) {
                break;
            }
            Machine.Result result = machine.next();
            Replay replay = replays.get(result.id());
            if (replay != null && !replay.over()) {
                replay.received(result.event());
                over += replay.over() ? 1 : 0;
            }
        }
        double seconds = machine.seconds() - start;
        machine.settle();
        return new Group(replays.values().stream().map(Replay::outcome).toList(), seconds, 0);
    }

    /**
     * Work of the model that gives tokens.
     *
     * @param length tokens that it starts from
     */
    private record Step(int length, SessionCommand command) {}

    /** The steps among a session's commands, for another sequence. */
    private static List<Step> steps(String sequence, List<SessionCommand> commands) {
        List<Step> steps = new ArrayList<>();
        for (SessionCommand command : commands) {
            switch (command) {
                case Command.Generate c -> steps.add(step(sequence, steps.size(), c));
                case KnnCommand.Settle c -> steps.add(step(sequence, steps.size(), c));
                default -> {}
            }
        }
        return steps;
    }

    private static Step step(String sequence, int epoch, Command.Generate recorded) {
        // No token is less probable than this, so no stride gets a query.
        double noQuery = -1;
        Generation g = recorded.generation();
        Context context = new Context(sequence, g.context().document(), g.context().tokens());
        return new Step(
                context.tokens().length,
                new Command.Generate(
                        epoch,
                        0,
                        Generation.of(context, g.maxTokens(), g.sampling()),
                        recorded.retriever(),
                        recorded.queryTokens(),
                        noQuery,
                        null));
    }

    private static Step step(String sequence, int epoch, KnnCommand.Settle recorded) {
        KnnContext c = recorded.context();
        KnnContext context =
                new KnnContext(sequence, c.verified(), c.drafts(), c.sampling(), c.parameters());
        return new Step(
                context.verified().length,
                new KnnCommand.Settle(epoch, context, recorded.neighbours()));
    }

    /** One answer generated again. */
    private final class Replay {
        final String id;
        private final Answer recorded;
        private final List<Step> steps;
        private final double submitted = machine.seconds();
        private int[] tokens = Tokens.NONE;
        private int next;
        private double stepSeconds;
        private double seconds;

        Replay(Outcome outcome) {
            this.recorded = outcome.answer();
            this.id = recorded.id() + "-model-only";
            this.steps = steps(id, outcome.commands());
        }

        boolean over() {
            return next == steps.size();
        }

        /** Asks for the next step, or ends. */
        void proceed() {
            if (over()) {
                seconds = machine.seconds() - submitted;
                machine.release(id);
            } else {
                machine.run(id, steps.get(next).command());
            }
        }

        void received(SessionEvent event) {
            switch (event) {
                case Event.Generated e -> stepped(e.tokens(), e.seconds());
                case KnnEvent.Settled e -> stepped(e.tokens(), e.seconds());
                default ->
                        throw new IllegalStateException(
                                "the model must generate again what it has generated for request "
                                        + recorded.id());
            }
            proceed();
        }

        private void stepped(int[] given, double took) {
            stepSeconds += took;
            int before = steps.get(next).length();
            next++;
            // An Iter-RetGen draft and its stride start from the same tokens; the stride counts.
            if (over() || steps.get(next).length() > before) {
                tokens = Tokens.concat(tokens, given);
            }
        }

        Outcome outcome() {
            int kept = Math.min(tokens.length, recorded.tokens().length);
            Answer again =
                    new Answer(
                            recorded.id(),
                            recorded.text(),
                            Arrays.copyOf(tokens, kept),
                            recorded.finishReason(),
                            recorded.promptTokens(),
                            recorded.sources(),
                            new Counters(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, next),
                            new Timings(0, 0, 0, stepSeconds, seconds),
                            recorded.error());
            return new Outcome(again, seconds, List.of());
        }
    }
}
