package io.ralmspec.knowledge;

import java.util.Random;

/** Seeds of random tests: another one each run, or the one of {@code -Dralmspec.seed}. */
final class Seeds {
    private Seeds() {}

    static long next() {
        String given = System.getProperty("ralmspec.seed", "");
        long seed = given.isBlank() ? System.nanoTime() : Long.parseLong(given);
        System.out.println("seed=" + seed);
        return seed;
    }

    static Random random() {
        return new Random(next());
    }
}
