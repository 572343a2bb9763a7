package io.ralmspec.decoding;

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
}
