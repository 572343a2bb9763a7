package io.ralmspec.job.load;

import io.ralmspec.decoding.Answer;
import io.ralmspec.decoding.Counters;
import io.ralmspec.decoding.Timings;
import io.ralmspec.job.bench.BenchPolicy;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/** Makes a line of the result of what was recorded. */
final class LoadSummary {
    private final LoadRequests requests;
    private final double rate;
    private final @Nullable Double capacity;
    private final LoadRecorder first;

    /**
     * @param capacity as in {@link LoadResult}
     * @param first the recorded run of the first policy
     */
    LoadSummary(LoadRequests requests, double rate, @Nullable Double capacity, LoadRecorder first) {
        this.requests = requests;
        this.rate = rate;
        this.capacity = capacity;
        this.first = first;
    }

    LoadResult of(BenchPolicy policy, LoadRecorder run) {
        List<Answer> answers = Arrays.stream(run.answers()).filter(Objects::nonNull).toList();
        int tokens = count(answers, answer -> answer.tokens().length);
        int calls = counted(answers, Counters::retrievalCalls);
        int steps = counted(answers, Counters::modelSteps);
        LoadResult.Spread latency = LoadResult.Spread.of(run.latencies());
        LoadResult.Spread firstToken = LoadResult.Spread.of(run.firstTokens());
        return new LoadResult(
                requests.retrieval().retriever().wireName(),
                requests.mode(policy).wireName(),
                policy.name(),
                policy.settings(),
                capacity == null ? null : rounded(capacity),
                rounded(rate),
                run.answers().length,
                answers.size(),
                run.refusedCount(),
                run.timedOutCount(),
                Map.copyOf(new TreeMap<>(run.errors())),
                per(answers.size(), run.seconds()),
                tokens,
                per(tokens, run.seconds()),
                latency,
                firstToken,
                requests.stream() ? "first-delta" : "answer",
                run.sendDelays().seconds(99),
                rounded(run.backlog().mean()),
                run.backlog().max(),
                run.backlog().grew(),
                per(run.outsideSeconds(), answers.size()),
                per(time(answers, Timings::queue), answers.size()),
                per(time(answers, Timings::retrieval), answers.size()),
                per(time(answers, Timings::generation), answers.size()),
                calls,
                counted(answers, Counters::retrievalQueries),
                steps,
                per(calls, answers.size()),
                per(steps, answers.size()),
                ratio(counted(answers, Counters::accepted), counted(answers, Counters::guesses)),
                compared(run),
                equal(run),
                ratio(latency.p50(), first.latencies().seconds(50)),
                ratio(latency.p99(), first.latencies().seconds(99)),
                ratio(firstToken.p99(), first.firstTokens().seconds(99)));
    }

    private int compared(LoadRecorder run) {
        int compared = 0;
        for (int i = 0; i < run.answers().length; i++) {
            compared += run.answers()[i] != null && first.answers()[i] != null ? 1 : 0;
        }
        return compared;
    }

    private int equal(LoadRecorder run) {
        int equal = 0;
        for (int i = 0; i < run.answers().length; i++) {
            Answer answer = run.answers()[i];
            Answer expected = first.answers()[i];
            equal += answer != null && expected != null && answer.says(expected) ? 1 : 0;
        }
        return equal;
    }

    private static int count(List<Answer> answers, ToIntFunction<Answer> part) {
        return answers.stream().mapToInt(part).sum();
    }

    private static int counted(List<Answer> answers, ToIntFunction<Counters> counter) {
        return count(answers, answer -> counter.applyAsInt(answer.counters()));
    }

    private static double time(List<Answer> answers, ToDoubleFunction<Timings> part) {
        return answers.stream().map(Answer::timings).mapToDouble(part).sum();
    }

    private static double per(double part, double whole) {
        return whole == 0 ? 0 : rounded(part / whole);
    }

    private static @Nullable Double ratio(double part, double whole) {
        return whole == 0 ? null : rounded(part / whole);
    }

    private static double rounded(double value) {
        return Math.round(value * 1e6) / 1e6;
    }
}
