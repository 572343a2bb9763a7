package io.ralmspec.model;

/** Seeds of random tests: a new one each time, or the one given as {@code -Dralmspec.seed}. */
final class Seeds {
    private Seeds() {}

    static long next() {
        String given = System.getProperty("ralmspec.seed", "");
        return given.isEmpty() ? System.nanoTime() : Long.parseLong(given);
    }
}
