package io.ralmspec.job.bench;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.DecodingRequest;
import io.ralmspec.job.client.GoldPhrases;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Runs every cell on the same requests, group of requests by group, so that a machine that gets
 * slower meanwhile does so for all cells alike. The library engine, where it is the only one,
 * begins every turn, that of {@link Engine#modelOnly} included, without documents in the model. The
 * job's model remembers those of earlier turns, so which cell comes first rotates.
 */
public final class Bench {
    /** Sees what was run. */
    @FunctionalInterface
    public interface Progress {
        void ran(String what, List<Answer> answers);
    }

    private final List<Engine> engines;
    private final BenchPlan plan;
    private final Progress progress;

    public Bench(BenchEngines engines, BenchPlan plan, Progress progress) {
        this(engines.engines(), plan, progress);
    }

    /**
     * @param engines at least one; the first one's baseline is what all must equal
     */
    Bench(List<? extends Engine> engines, BenchPlan plan, Progress progress) {
        this.engines = List.copyOf(engines);
        this.plan = plan;
        this.progress = progress;
    }

    /** Calls of {@link Progress#ran} in all. */
    public int steps() {
        int columns = plan.policies().size() * engines.size();
        return plan.baselines().size() * columns * plan.groups().size();
    }

    /**
     * By retriever and neighbours, then engine: each policy, and the model alone where the engine
     * can.
     */
    public BenchReport run() throws Exception {
        List<CellResult> results = new ArrayList<>();
        for (Cell plain : plan.baselines()) {
            Map<Column, Tally> tallies = run(plain);
            for (Engine engine : engines) {
                Tally baseline = Objects.requireNonNull(tallies.get(Column.of(engine, plain)));
                tallies.forEach(
                        (column, tally) -> {
                            if (column.engine() == engine) {
                                results.add(tally.result(column, plan.concurrency(), baseline));
                            }
                        });
            }
        }
        return new BenchReport(results);
    }

    /** In the order of the plan. */
    private Map<Column, Tally> run(Cell plain) throws Exception {
        Map<Column, Tally> tallies = new LinkedHashMap<>();
        List<Column> columns = new ArrayList<>();
        for (BenchPolicy policy : plan.policies()) {
            for (Engine engine : engines) {
                columns.add(Column.of(engine, plain.with(policy)));
                tallies.put(columns.getLast(), new Tally());
            }
        }
        int number = 0;
        for (BenchPlan.Requests requests : plan.groups()) {
            Map<Column, Group> ran = run(order(plain, number), requests.members());
            if (requests.counted()) {
                Group baseline = Objects.requireNonNull(ran.get(columns.getFirst()));
                List<Answer> expected = expected(columns.getFirst(), requests, baseline);
                List<GoldPhrases> gold = plan.gold(requests);
                ran.forEach(
                        (column, group) ->
                                tallies.computeIfAbsent(column, added -> new Tally())
                                        .add(group, expected, gold));
                number++;
            }
        }
        return tallies;
    }

    /**
     * The policies in turn, another one first each time. Engines take a policy one after the other,
     * so that the same policies find documents in each engine's model; which engine goes first
     * changes when all policies were first.
     */
    private List<Column> order(Cell plain, int number) {
        List<BenchPolicy> policies = new ArrayList<>(plan.policies());
        Collections.rotate(policies, -number);
        List<Engine> takingTurns = number / policies.size() % 2 == 0 ? engines : engines.reversed();
        return policies.stream()
                .flatMap(
                        policy ->
                                takingTurns.stream()
                                        .map(engine -> Column.of(engine, plain.with(policy))))
                .toList();
    }

    private Map<Column, Group> run(List<Column> order, List<DecodingRequest> requests)
            throws Exception {
        Map<Column, Group> ran = new LinkedHashMap<>();
        for (Column column : order) {
            Engine engine = column.engine();
            Cell cell = column.cell();
            Group group =
                    engine.run(
                            cell, requests.stream().map(cell::apply).toList(), plan.concurrency());
            ran.put(column, group);
            progress.ran(
                    "%s %s %s".formatted(cell.lookup(), cell.policy().name(), engine.name()),
                    answers(group));
            if (column.baseline()) {
                engine.modelOnly(group, plan.concurrency())
                        .ifPresent(floor -> ran.put(new Column(engine, cell, true), floor));
            }
        }
        return ran;
    }

    /**
     * What every cell must answer, the baseline's included: what the sequential decoder says, where
     * the engine can run it.
     */
    private static List<Answer> expected(Column column, BenchPlan.Requests requests, Group baseline)
            throws Exception {
        List<Answer> expected = new ArrayList<>(answers(baseline));
        for (int i = 0; i < expected.size(); i++) {
            int at = i;
            DecodingRequest request = column.cell().apply(requests.members().get(i));
            column.engine().sequential(request).ifPresent(answer -> expected.set(at, answer));
        }
        return expected;
    }

    private static List<Answer> answers(Group group) {
        return group.outcomes().stream().map(Outcome::answer).toList();
    }
}
