package io.ralmspec.job.bench;

import io.ralmspec.decoding.Command;
import io.ralmspec.decoding.Event;
import io.ralmspec.decoding.Hits;
import io.ralmspec.decoding.KnowledgeBase;
import io.ralmspec.decoding.LanguageModel;
import io.ralmspec.decoding.ModelLoad;
import io.ralmspec.decoding.ModelSteps;
import io.ralmspec.decoding.Query;
import io.ralmspec.decoding.Retriever;
import io.ralmspec.decoding.RetrieverKind;
import io.ralmspec.decoding.SessionCommand;
import io.ralmspec.streaming.LoadMeter;
import io.ralmspec.streaming.ModelWorker;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One model and one knowledge base in virtual time: what they answer is real, how long it takes is
 * computed. The same input always gives the same times.
 *
 * <p>The model does one step after the other, in the order of arrival, but verified work before
 * guesses as {@link ModelWorker} does. A step takes one pass per token; with a draft of which c of
 * n tokens agree, {@code max(1, n - c)}. A cancelled step ends with the pass that runs. The
 * knowledge base, whenever it is free, answers in one call all that waits. Prompts, and encoding
 * queries, take no time: the paper's calls include it. An approximate search for a guess takes as
 * long as a call of that retriever, and whoever guesses does nothing else meanwhile.
 */
final class PaperMachine implements Machine {
    private static final Comparator<Happening> BY_TIME =
            Comparator.comparingLong(Happening::at).thenComparingLong(Happening::order);

    /** What the two servers do. */
    private sealed interface Work permits Step, Call {}

    /** When some work is over. */
    private record Happening(long at, long order, Work what) {}

    private static final class Step implements Work {
        final Command.Generate command;
        final long arrived;

        final long number;

        /** Its place among those that wait: that of a step on verified ground, so many later. */
        final long turn;

        long started;
        boolean cancelled;
        Event.@Nullable Generated result;

        Step(Command.Generate command, long arrived, long number) {
            this.command = command;
            this.arrived = arrived;
            this.number = number;
            this.turn = number + (long) ModelWorker.HEAD_START * command.depth();
        }

        String id() {
            return command.generation().context().sequence();
        }
    }

    private record Search(String id, Command.Verify command, long arrived) {}

    private record Call(List<Search> searches) implements Work {}

    private final PaperCosts costs;
    private final LanguageModel model;
    private final ModelSteps steps;
    private final KnowledgeBase knowledgeBase;
    private final LoadMeter meter = new LoadMeter();
    private final Set<String> sequences = new HashSet<>();
    private final PriorityQueue<Happening> happenings = new PriorityQueue<>(BY_TIME);
    private final Deque<Result> ready = new ArrayDeque<>();
    private final PriorityQueue<Step> waitingSteps =
            new PriorityQueue<>(
                    Comparator.<Step>comparingLong(step -> step.turn)
                            .thenComparingLong(step -> step.number));
    private final List<Search> waitingSearches = new ArrayList<>();
    private @Nullable Step running;
    private boolean searching;
    private long calls;
    private long now;
    private long order;
    private long arrivals;

    PaperMachine(
            PaperCosts costs, LanguageModel model, ModelSteps steps, KnowledgeBase knowledgeBase) {
        this.costs = costs;
        this.model = model;
        this.steps = steps;
        this.knowledgeBase = knowledgeBase;
    }

    @Override
    public void run(String id, SessionCommand command) {
        switch (command) {
            case Command.Prepare c -> {
                join(id);
                ready.add(new Result(id, steps.prepare(c).under(meter.load(0))));
            }
            case Command.Generate c -> generate(c);
            case Command.Verify c -> verify(id, c);
            default ->
                    throw new IllegalArgumentException(
                            "there are no costs of " + command.getClass().getSimpleName());
        }
    }

    void generate(Command.Generate command) {
        Step step = new Step(command, now, arrivals++);
        cancel(step.id());
        join(step.id());
        waitingSteps.add(step);
        startStep();
    }

    private void join(String id) {
        if (sequences.add(id)) {
            meter.joined();
        }
    }

    private void cancel(String id) {
        waitingSteps.removeIf(step -> step.id().equals(id));
        Step step = running;
        if (step == null || step.cancelled || !step.id().equals(id)) {
            return;
        }
        step.cancelled = true;
        long pass = costs.passNanos();
        long passes = (now - step.started + pass - 1) / pass;
        // Its end was set when it started; the end of the pass that runs comes no later.
        happenings.removeIf(happening -> happening.what() == step);
        happen(step.started + passes * pass, step);
    }

    private void startStep() {
        if (running != null || waitingSteps.isEmpty()) {
            return;
        }
        Step step = waitingSteps.remove();
        Event.Generated result = steps.generate(step.command, () -> false);
        step.result = Objects.requireNonNull(result, "nothing cancels it in real time");
        step.started = now;
        running = step;
        happen(now + passes(step.command, result) * costs.passNanos(), step);
    }

    private static int passes(Command.Generate command, Event.Generated result) {
        int[] tokens = result.tokens();
        int mismatch = Arrays.mismatch(tokens, command.generation().draft());
        int agreed = mismatch < 0 ? tokens.length : mismatch;
        return Math.max(1, tokens.length - agreed);
    }

    void verify(String id, Command.Verify command) {
        waitingSearches.add(new Search(id, command, now));
        startCall();
    }

    private void startCall() {
        if (searching || waitingSearches.isEmpty()) {
            return;
        }
        List<Search> searches = List.copyOf(waitingSearches);
        waitingSearches.clear();
        searching = true;
        calls++;
        int queries = searches.stream().mapToInt(s -> s.command().queries().size()).sum();
        long nanos = costs.callNanos(searches.getFirst().command().retriever(), queries);
        happen(now + nanos, new Call(searches));
    }

    private void happen(long at, Work what) {
        happenings.add(new Happening(at, order++, what));
    }

    @Override
    public void release(String id) {
        cancel(id);
        if (sequences.remove(id)) {
            meter.left();
        }
        waitingSearches.removeIf(search -> search.id().equals(id));
        model.release(id);
    }

    @Override
    public Result next() {
        while (ready.isEmpty()) {
            advance();
        }
        return ready.remove();
    }

    /** A retriever for whoever guesses documents: an approximate search takes its time. */
    Retriever guesses(RetrieverKind kind) {
        return new GuessRetriever(
                knowledgeBase.retriever(kind), () -> now += costs.callNanos(RetrieverKind.HNSW, 1));
    }

    private void advance() {
        Happening happening = happenings.remove();
        // Later, if a guess was made meanwhile.
        now = Math.max(now, happening.at());
        switch (happening.what()) {
            case Step step -> ended(step);
            case Call call -> ended(call);
        }
    }

    private void ended(Step step) {
        running = null;
        meter.worked(since(step.started));
        Event.Generated result = step.result;
        if (!step.cancelled && result != null) {
            ModelLoad load = meter.completed(1, (step.started - step.arrived) / 1e9);
            ready.add(new Result(step.id(), result.timed(since(step.arrived)).under(load)));
        }
        startStep();
    }

    private void ended(Call call) {
        searching = false;
        for (Search search : call.searches()) {
            Command.Verify command = search.command();
            List<Query> queries = command.queries();
            List<Hits> hits =
                    knowledgeBase.retriever(command.retriever()).search(queries, command.topN());
            Event event = new Event.Verified(command.epoch(), hits, since(search.arrived()));
            ready.add(new Result(search.id(), event));
        }
        startCall();
    }

    private double since(long nanos) {
        return (now - nanos) / 1e9;
    }

    @Override
    public void settle() {
        while (!happenings.isEmpty()) {
            advance();
        }
        ready.clear();
    }

    @Override
    public long searches() {
        return calls;
    }

    @Override
    public double seconds() {
        return now / 1e9;
    }

    @Override
    public void close() {}
}
