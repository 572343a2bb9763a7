package io.ralmspec.job.bench;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.Counters;
import io.ralmspec.decoding.Timings;
import io.ralmspec.job.client.GoldPhrases;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/** Adds up what one cell did. */
final class Tally {
    private final List<Answer> answers = new ArrayList<>();
    private final List<Double> seconds = new ArrayList<>();
    private double busySeconds;
    private long searches;
    private int equal;
    private int askedWithGold;
    private int gold;

    /**
     * @param expected {@code expected.get(i)} is what outcome i must equal
     * @param phrases what it should say, if that is known
     */
    void add(Group group, List<Answer> expected, List<GoldPhrases> phrases) {
        busySeconds += group.seconds();
        searches += group.searches();
        for (int i = 0; i < expected.size(); i++) {
            Outcome outcome = group.outcomes().get(i);
            answers.add(outcome.answer());
            seconds.add(outcome.seconds());
            equal += outcome.answer().says(expected.get(i)) ? 1 : 0;
            askedWithGold += phrases.get(i).known() ? 1 : 0;
            gold += phrases.get(i).in(outcome.answer().text()) ? 1 : 0;
        }
    }

    /** The smallest of the values that {@code share} of them do not exceed (nearest rank). */
    static double percentile(List<Double> values, double share) {
        double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        int rank = (int) Math.ceil(share * sorted.length);
        return sorted[Math.max(0, rank - 1)];
    }

    /** Seconds of all requests, summed. */
    double totalSeconds() {
        return seconds.stream().mapToDouble(Double::doubleValue).sum();
    }

    @Nullable Double retrievalSecondsMean() {
        return ratio(time(Timings::retrieval), count(Counters::retrievalCalls));
    }

    @Nullable Double stepSecondsMean() {
        return ratio(time(Timings::generation), count(Counters::modelSteps));
    }

    CellResult result(Column column, int concurrency, Tally baseline) {
        Cell cell = column.cell();
        int requests = answers.size();
        int tokens = tokens();
        Double b = baseline.retrievalSecondsMean();
        Double a = baseline.stepSecondsMean();
        return new CellResult(
                cell.retriever().wireName(),
                cell.neighbours(),
                column.modelOnly() ? "model-only" : cell.mode().wireName(),
                column.name(),
                column.modelOnly() ? "" : cell.settings(),
                column.engine().name(),
                column.engine().computed(),
                concurrency,
                requests,
                tokens,
                rounded(percentile(seconds, 0.5)),
                rounded(percentile(seconds, 0.95)),
                rounded(percentile(seconds, 0.99)),
                rounded(totalSeconds() / requests),
                rounded(time(Timings::total) / requests),
                rounded(tokens / busySeconds),
                count(Counters::retrievalCalls),
                count(Counters::retrievalQueries),
                count(Counters::modelSteps),
                rounded((double) count(Counters::retrievalCalls) / requests),
                rounded((double) count(Counters::modelSteps) / requests),
                ratio(count(Counters::accepted), count(Counters::guesses)),
                equal,
                requests,
                gold,
                askedWithGold,
                rounded(baseline.totalSeconds() / totalSeconds()),
                rounded(tokens / busySeconds * baseline.busySeconds / baseline.tokens()),
                searches == 0 ? null : searches,
                count(Counters::rolledBackTokens),
                count(Counters::redraftedSteps),
                count(Counters::unchangedSteps),
                count(Counters::recoveredTokens),
                count(Counters::cancelledSteps),
                retrievalSecondsMean(),
                stepSecondsMean(),
                a == null || b == null ? null : ratio(b, a));
    }

    private int tokens() {
        return answers.stream().mapToInt(answer -> answer.tokens().length).sum();
    }

    private int count(ToIntFunction<Counters> counter) {
        return answers.stream().map(Answer::counters).mapToInt(counter).sum();
    }

    private double time(ToDoubleFunction<Timings> part) {
        return answers.stream().map(Answer::timings).mapToDouble(part).sum();
    }

    private static @Nullable Double ratio(double part, double whole) {
        return whole == 0 ? null : rounded(part / whole);
    }

    /** To microseconds, or what else six decimals are. */
    private static double rounded(double value) {
        return Math.round(value * 1e6) / 1e6;
    }
}
