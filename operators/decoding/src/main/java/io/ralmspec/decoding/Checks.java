package io.ralmspec.decoding;

/** The one error grammar: {@code `name` must be <bound> (got <value>)}. */
public final class Checks {
    private Checks() {}

    /**
     * @throws IllegalArgumentException that says all this, unless it holds
     */
    public static void require(boolean holds, String name, String bound, Object got) {
        if (!holds) {
            throw new IllegalArgumentException(
                    "`%s` must be %s (got %s)".formatted(name, bound, got));
        }
    }
}
