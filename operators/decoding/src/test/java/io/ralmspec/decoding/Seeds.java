package io.ralmspec.decoding;

import java.util.SortedMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.LongConsumer;
import java.util.stream.LongStream;

/** Where random tests start: a new place every day, or -Dralmspec.seed=N to repeat a failure. */
public final class Seeds {
    private Seeds() {}

    public static long first() {
        String given = System.getProperty("ralmspec.seed", "");
        long seed =
                given.isEmpty()
                        ? System.currentTimeMillis() / 86_400_000L * 1_000_000L
                        : Long.parseLong(given);
        System.out.println("seed=" + seed + " (repeat with -Dralmspec.seed=" + seed + ")");
        return seed;
    }

    /**
     * Checks each of so many seeds, on all processors, and names one that fails. The {@link #first}
     * goes before all others, so that a failure that is repeated is the one that is reported.
     */
    public static void forEach(int count, LongConsumer check) {
        long first = first();
        SortedMap<Long, Throwable> failures = new ConcurrentSkipListMap<>();
        LongConsumer noting =
                seed -> {
                    try {
                        check.accept(seed);
                    } catch (Throwable e) { // an assertion's too
                        failures.put(seed, e);
                    }
                };
        noting.accept(first);
        LongStream.range(first + 1, first + count)
                .parallel()
                .filter(seed -> failures.isEmpty())
                .forEach(noting);
        if (!failures.isEmpty()) {
            long seed = failures.firstKey();
            throw new AssertionError(
                    "seed %d fails: repeat with -Dralmspec.seed=%d".formatted(seed, seed),
                    failures.get(seed));
        }
    }
}
