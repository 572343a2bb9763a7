package io.ralmspec.job.bench;

/**
 * What is run for each group of questions.
 *
 * @param modelOnly whether this only generates again what the cell, a baseline, has generated
 */
record Column(Engine engine, Cell cell, boolean modelOnly) {
    static Column of(Engine engine, Cell cell) {
        return new Column(engine, cell, false);
    }

    boolean baseline() {
        return !modelOnly && cell.policy().equals(BenchPolicy.BASELINE);
    }

    String name() {
        return modelOnly ? "model-only" : cell.policy().name();
    }
}
