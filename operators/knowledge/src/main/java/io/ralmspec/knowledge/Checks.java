package io.ralmspec.knowledge;

/** The one error grammar: {@code `name` must be <bound> (got <value>)}. */
final class Checks {
    private Checks() {}

    static void require(boolean holds, String name, String bound, Object got) {
        if (!holds) {
            throw new IllegalArgumentException(
                    "`%s` must be %s (got %s)".formatted(name, bound, got));
        }
    }

    /** Finite numbers only: a NaN has no place in a total order. */
    static void requireVector(float[] vector, int dimension) {
        require(
                vector.length == dimension,
                "query.vector",
                "as long as the index's dimension, " + dimension,
                vector.length);
        for (float value : vector) {
            require(Float.isFinite(value), "query.vector", "finite", value);
        }
    }

    static void requireDocument(int document, int documents) {
        require(
                document >= 0 && document < documents,
                "document",
                "in [0, " + documents + ")",
                document);
    }
}
