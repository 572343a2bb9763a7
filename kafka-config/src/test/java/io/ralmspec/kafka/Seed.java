package io.ralmspec.kafka;

/** The seed of a random test: a new one each time, or what {@code -Dralmspec.seed} says. */
final class Seed {
    private Seed() {}

    static long get() {
        String given = System.getProperty("ralmspec.seed", "");
        long seed = given.isEmpty() ? System.nanoTime() : Long.parseLong(given);
        System.out.println("seed=" + seed + " (repeat with -Dralmspec.seed=" + seed + ")");
        return seed;
    }
}
