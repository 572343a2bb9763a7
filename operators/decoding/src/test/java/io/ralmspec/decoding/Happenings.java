package io.ralmspec.decoding;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;

/** Counts what happened in many simulations. Thread-safe. */
public final class Happenings {
    private final Map<Happening, LongAdder> counts = new EnumMap<>(Happening.class);

    public Happenings() {
        for (Happening happening : Happening.values()) {
            counts.put(happening, new LongAdder());
        }
    }

    public void count(Happening happening) {
        count(happening, 1);
    }

    public void count(Happening happening, long times) {
        counts.get(happening).add(times);
    }

    public long of(Happening happening) {
        return counts.get(happening).sum();
    }

    /** Each but these, which have no part in it. */
    public void assertEachHappenedBut(Set<Happening> others) {
        counts.forEach(
                (happening, count) -> {
                    if (others.contains(happening)) {
                        assertThat(count.sum()).as(happening.name()).isZero();
                    } else {
                        assertThat(count.sum()).as(happening.name()).isPositive();
                    }
                });
    }

    @Override
    public String toString() {
        return counts.entrySet().stream()
                .filter(e -> e.getValue().sum() > 0)
                .map(e -> e.getKey().name().toLowerCase(Locale.ROOT) + "=" + e.getValue().sum())
                .collect(Collectors.joining(" "));
    }
}
