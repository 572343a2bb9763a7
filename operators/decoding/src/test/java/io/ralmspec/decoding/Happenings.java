package io.ralmspec.decoding;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;

/** Counts what happened in many simulations. Thread-safe. */
final class Happenings {
    private final Map<Happening, LongAdder> counts = new EnumMap<>(Happening.class);

    Happenings() {
        for (Happening happening : Happening.values()) {
            counts.put(happening, new LongAdder());
        }
    }

    void count(Happening happening) {
        count(happening, 1);
    }

    void count(Happening happening, long times) {
        counts.get(happening).add(times);
    }

    long of(Happening happening) {
        return counts.get(happening).sum();
    }

    void assertEachHappened() {
        counts.forEach(
                (happening, count) -> assertThat(count.sum()).as(happening.name()).isPositive());
    }

    @Override
    public String toString() {
        return counts.entrySet().stream()
                .map(e -> e.getKey().name().toLowerCase(Locale.ROOT) + "=" + e.getValue().sum())
                .collect(Collectors.joining(" "));
    }
}
