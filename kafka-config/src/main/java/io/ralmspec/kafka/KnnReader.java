package io.ralmspec.kafka;

import io.ralmspec.decoding.KnnParameters;
import java.io.IOException;

/** Reads the fields below {@code retrieval.knn}, for {@link RetrievalReader}. */
final class KnnReader {
    private static final Interval LAMBDA = new Interval(0, true, 1, true);
    private static final Interval TEMPERATURE =
            new Interval(0, false, KnnParameters.MAX_TEMPERATURE, true);

    private final FieldReader fields;

    private double lambda;
    private double temperature;
    private int neighbours;
    private int successors;
    private int prefetch;
    private int cacheEntries;

    KnnReader(FieldReader fields, KnnParameters defaults) {
        this.fields = fields;
        this.lambda = defaults.lambda();
        this.temperature = defaults.temperature();
        this.neighbours = defaults.neighbours();
        this.successors = defaults.successors();
        this.prefetch = defaults.prefetch();
        this.cacheEntries = defaults.cacheEntries();
    }

    /** Whether the field, named by its path, is one of these, and now read. */
    boolean read(String field) throws IOException {
        switch (field) {
            case "retrieval.knn.lambda" -> lambda = fields.number(field, LAMBDA, lambda);
            case "retrieval.knn.temperature" ->
                    temperature = fields.number(field, TEMPERATURE, temperature);
            case "retrieval.knn.k" ->
                    neighbours = fields.integer(field, 1, KnnParameters.MAX_NEIGHBOURS, neighbours);
            case "retrieval.knn.successors" ->
                    successors = fields.integer(field, 0, KnnParameters.MAX_SUCCESSORS, successors);
            case "retrieval.knn.prefetch" ->
                    prefetch = fields.integer(field, 1, KnnParameters.MAX_NEIGHBOURS, prefetch);
            case "retrieval.knn.cache_entries" ->
                    cacheEntries =
                            fields.integer(field, 1, KnnParameters.MAX_CACHE_ENTRIES, cacheEntries);
            default -> {
                return false;
            }
        }
        return true;
    }

    /** Only without any error. */
    KnnParameters toParameters() {
        return new KnnParameters(
                lambda, temperature, neighbours, successors, prefetch, cacheEntries);
    }
}
