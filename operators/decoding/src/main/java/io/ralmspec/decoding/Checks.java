package io.ralmspec.decoding;

/** The one error grammar: {@code `name` must be <bound> (got <value>)}. */
final class Checks {
    private Checks() {}

    static void require(boolean holds, String name, String bound, Object got) {
        if (!holds) {
            throw new IllegalArgumentException(
                    "`%s` must be %s (got %s)".formatted(name, bound, got));
        }
    }
}
